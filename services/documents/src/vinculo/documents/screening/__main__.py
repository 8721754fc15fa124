"""The screening process: `python -m vinculo.documents.screening`.

It has the parsers loaded, but never parses a file itself: for each file it forks a child with
limits on CPU time and memory, without network where the machine allows it.

Standard input has, for each file, the line `MEDIA_TYPE LENGTH` and then the file. Standard output
has the line `ready ISOLATION` once, and for each file the line `passed LENGTH` and the sanitized
file, or the line `failed REASON`.
"""

import ctypes
import gc
import os
import resource
import sys
from typing import BinaryIO, Final

from vinculo.documents.screening.criteria import (
    HARMLESS_BEFORE_A_PDF,
    HEIC_BRANDS,
    PROCESS_LIMITS,
    SIGNATURES,
    FailureReason,
    FileRejected,
)
from vinculo.documents.screening.images import sanitized_image
from vinculo.documents.screening.pdf import sanitized_pdf

PDF: Final = "application/pdf"
NEW_USER_NAMESPACE: Final = 0x10000000
NEW_NETWORK_NAMESPACE: Final = 0x40000000
NEW_IPC_NAMESPACE: Final = 0x08000000
ISOLATED: Final = "isolated"
NOT_ISOLATED: Final = "not-isolated"


def main() -> None:
    requests, responses = sys.stdin.buffer, sys.stdout.buffer
    isolation = ISOLATED if isolate() else NOT_ISOLATED
    responses.write(f"ready {isolation}\n".encode())
    responses.flush()
    gc.freeze()
    while header := requests.readline():
        media_type, length = header.decode().split()
        content = requests.read(int(length))
        responses.write(screened_in_child(content, media_type))
        responses.flush()


def isolate() -> bool:
    """Leave the network, for this process and its children. False where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(NEW_USER_NAMESPACE | NEW_NETWORK_NAMESPACE | NEW_IPC_NAMESPACE) == 0)


def screened_in_child(content: bytes, media_type: str) -> bytes:
    """The response. A child that a signal ends has exceeded its limits, or its parser crashed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _run_child(content, media_type, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        response = pipe.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        return _failed(FailureReason.TOO_COMPLEX)
    return response


def _run_child(content: bytes, media_type: str, writing: int) -> None:
    """Never returns."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        set_limits()
        with os.fdopen(writing, "wb") as pipe:
            _write_response(pipe, content, media_type)
    except BaseException:  # noqa: BLE001 - the exit code tells the parent
        os._exit(1)
    os._exit(0)


def _write_response(pipe: BinaryIO, content: bytes, media_type: str) -> None:
    try:
        sanitized = screened(content, media_type)
    except FileRejected as rejected:
        pipe.write(_failed(rejected.reason))
    except (MemoryError, RecursionError):
        pipe.write(_failed(FailureReason.TOO_COMPLEX))
    except Exception:  # noqa: BLE001 - parsers raise anything on a damaged file
        pipe.write(_failed(FailureReason.DAMAGED))
    else:
        pipe.write(b"passed %d\n" % len(sanitized))
        pipe.write(sanitized)


def screened(content: bytes, media_type: str) -> bytes:
    """The sanitized file. Raises FileRejected, or any exception of a parser."""
    _check_signature(content, media_type)
    if media_type == PDF:
        return sanitized_pdf(content)
    return sanitized_image(content, media_type)


def _failed(reason: FailureReason) -> bytes:
    return f"failed {reason}\n".encode()


def _check_signature(content: bytes, media_type: str) -> None:
    """Raises FileRejected. White space before a PDF is removed by its sanitizer."""
    if not content:
        raise FileRejected(FailureReason.EMPTY)
    start = content[:1000].lstrip(HARMLESS_BEFORE_A_PDF) if media_type == PDF else content
    if start.startswith(SIGNATURES[media_type]):
        return
    is_heic = content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS
    raise FileRejected(FailureReason.HEIC if is_heic else FailureReason.TYPE_MISMATCH)


def set_limits() -> None:
    """Limit CPU time and memory of this process, and forbid it to write files."""
    for limit, value in (
        (resource.RLIMIT_CPU, PROCESS_LIMITS.cpu_seconds),
        (resource.RLIMIT_AS, PROCESS_LIMITS.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main()

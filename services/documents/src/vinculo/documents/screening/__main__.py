"""The screening process: `python -m vinculo.documents.screening`.

It has the parsers loaded, but never parses a file itself: for each file it forks a child with
limits on CPU time and memory, without network where the machine allows it.

Standard input has, for each file, the line `MEDIA_TYPE LENGTH` and then the file. Standard output
has the line `ready ISOLATION` once, and for each file the line `passed LENGTH` and the sanitized
file, or the line `failed REASON`.

For a preview the line is `MEDIA_TYPE LENGTH PAGE WATERMARK`, the watermark quoted as in an address.
The response is the line `rendered LENGTH PAGES` and a JPEG, `page-missing` or `failed REASON`.
"""

import ctypes
import gc
import os
import resource
import sys
from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import unquote

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
from vinculo.documents.screening.previews import PDF, PageMissing, rendered_page

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
        media_type, length, *preview = header.decode().split()
        content = requests.read(int(length))
        respond = partial(_screening, content, media_type)
        if preview:
            page, watermark = preview
            respond = partial(_preview, content, media_type, int(page), unquote(watermark))
        responses.write(response_of_child(respond))
        responses.flush()


def isolate() -> bool:
    """Leave the network, for this process and its children. False where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(NEW_USER_NAMESPACE | NEW_NETWORK_NAMESPACE | NEW_IPC_NAMESPACE) == 0)


def response_of_child(respond: Callable[[], bytes]) -> bytes:
    """What the function returns in a child process.

    A child that a signal ends has exceeded its limits, or its parser crashed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _run_child(respond, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        response = pipe.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        return _failed(FailureReason.TOO_COMPLEX)
    return response


def _run_child(respond: Callable[[], bytes], writing: int) -> None:
    """Never returns."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        set_limits()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(_response(respond))
    except BaseException:  # noqa: BLE001 - the exit code tells the parent
        os._exit(1)
    os._exit(0)


def _response(respond: Callable[[], bytes]) -> bytes:
    try:
        return respond()
    except FileRejected as rejected:
        return _failed(rejected.reason)
    except (MemoryError, RecursionError):
        return _failed(FailureReason.TOO_COMPLEX)
    except Exception:  # noqa: BLE001 - parsers raise anything on a damaged file
        return _failed(FailureReason.DAMAGED)


def _screening(content: bytes, media_type: str) -> bytes:
    sanitized = screened(content, media_type)
    return b"passed %d\n" % len(sanitized) + sanitized


def _preview(content: bytes, media_type: str, page: int, watermark: str) -> bytes:
    try:
        rendered = rendered_page(content, media_type, page=page, watermark=watermark)
    except PageMissing:
        return b"page-missing\n"
    head = b"rendered %d %d\n" % (len(rendered.content), rendered.page_count)
    return head + rendered.content


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

"""The screening process: `python -m vinculo.documents.screening MEDIA_TYPE`.

Reads a file from standard input. Writes the line `passed` and then the sanitized file to standard
output, or the line `failed REASON`. Limits are set before the first byte is read.
"""

import resource
import sys
from collections.abc import Callable

from vinculo.documents.screening.criteria import (
    PROCESS_LIMITS,
    SIGNATURES,
    FailureReason,
    FileRejected,
)


def main() -> None:
    media_type = sys.argv[1]
    signature = SIGNATURES[media_type]
    sanitize = _sanitizer_of(media_type)
    set_limits()
    content = sys.stdin.buffer.read()
    try:
        _check_signature(content, signature)
        sanitized = sanitize(content)
    except FileRejected as rejected:
        _write_failure(rejected.reason)
    except (MemoryError, RecursionError):
        _write_failure(FailureReason.TOO_COMPLEX)
    except Exception:  # noqa: BLE001 - parsers raise anything on a damaged file
        _write_failure(FailureReason.DAMAGED)
    else:
        sys.stdout.buffer.write(b"passed\n" + sanitized)


def _write_failure(reason: FailureReason) -> None:
    sys.stdout.buffer.write(f"failed {reason}\n".encode())


def _sanitizer_of(media_type: str) -> Callable[[bytes], bytes]:
    """Only the parser of the media type is imported: start-up is most of the process's time."""
    if media_type == "application/pdf":
        from vinculo.documents.screening.pdf import sanitized_pdf  # noqa: PLC0415 - see above

        return sanitized_pdf
    from vinculo.documents.screening.images import sanitized_image  # noqa: PLC0415 - see above

    return lambda content: sanitized_image(content, media_type)


def _check_signature(content: bytes, signature: bytes) -> None:
    if not content:
        raise FileRejected(FailureReason.EMPTY)
    if not content.startswith(signature):
        raise FileRejected(FailureReason.TYPE_MISMATCH)


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

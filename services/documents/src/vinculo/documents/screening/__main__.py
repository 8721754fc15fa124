"""The process that looks into one file: content on standard input, verdict on standard output.

The verdict is a line, `fit` or `unfit REASON`; after `fit` comes the file as it is to be kept.
Limits are set before the first byte is read.
"""

import resource
import sys
from collections.abc import Callable

from vinculo.documents.screening.criteria import PROCESS_LIMITS, SIGNATURES, FileUnfit, UnfitReason


def main() -> None:
    media_type = sys.argv[1]
    signature = SIGNATURES[media_type]
    kept = _screening_of(media_type)
    set_limits()
    content = sys.stdin.buffer.read()
    try:
        _check_beginning(content, signature)
        fit = kept(content)
    except FileUnfit as unfit:
        sys.stdout.buffer.write(f"unfit {unfit.reason}\n".encode())
    except (MemoryError, RecursionError):
        sys.stdout.buffer.write(f"unfit {UnfitReason.TOO_COMPLEX}\n".encode())
    except Exception:  # noqa: BLE001 - whatever a parser raises, the file is what it stumbled over
        sys.stdout.buffer.write(f"unfit {UnfitReason.DAMAGED}\n".encode())
    else:
        sys.stdout.buffer.write(b"fit\n" + fit)


def _screening_of(media_type: str) -> Callable[[bytes], bytes]:
    """Each parser is imported only where it is needed: starting is most of the work."""
    if media_type == "application/pdf":
        from vinculo.documents.screening.pdf import kept_pdf  # noqa: PLC0415 - see above

        return kept_pdf
    from vinculo.documents.screening.images import kept_image  # noqa: PLC0415 - see above

    return lambda content: kept_image(content, media_type)


def _check_beginning(content: bytes, signature: bytes) -> None:
    if not content:
        raise FileUnfit(UnfitReason.EMPTY)
    if not content.startswith(signature):
        raise FileUnfit(UnfitReason.TYPE_MISMATCH)


def set_limits() -> None:
    for limit, value in (
        (resource.RLIMIT_CPU, PROCESS_LIMITS.cpu_seconds),
        (resource.RLIMIT_AS, PROCESS_LIMITS.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main()

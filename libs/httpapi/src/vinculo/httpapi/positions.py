"""`Vinculo-Position`: up to where an answer's change stands, for reads that are to show it.

Opaque to clients: they hand what a command answered to a read as `min_position`.
"""

import base64
import binascii
from typing import Final

POSITION_HEADER: Final = "Vinculo-Position"
LONGEST_POSITION: Final = 200
_HIGHEST: Final = 2**63 - 1
_MOST_DIGITS: Final = 19


def position_of(stream_id: str, version: int) -> str:
    """The stream has been appended to up to this version."""
    return base64.urlsafe_b64encode(f"{stream_id}@{version}".encode()).rstrip(b"=").decode()


def read_position(text: str) -> tuple[str, int] | None:
    """Stream id and version; None for what is no position."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        stream_id, at, version = plain.decode("ascii").rpartition("@")
    except (binascii.Error, ValueError):
        return None
    if not at or not stream_id or not version.isdigit() or len(version) > _MOST_DIGITS:
        return None
    return (stream_id, int(version)) if int(version) <= _HIGHEST else None

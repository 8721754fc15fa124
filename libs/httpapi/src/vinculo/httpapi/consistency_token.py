"""`Vinculo-Position`: up to where an answer's change stands, for reads that are to show it.

Opaque to clients: they hand what a command answered to a read as `min_position`. Every answer to
somebody signed in tells how far the stream stands that was read or appended to; nobody else is
told, or the answer would say whether a person is registered, and by which id.
"""

import base64
import binascii
from typing import Final

from starlette.requests import Request

from vinculo.events import current_position
from vinculo.httpapi.context import current_actor

POSITION_HEADER: Final = "Vinculo-Position"
MAX_POSITION_LENGTH: Final = 200
_HIGHEST: Final = 2**63 - 1
_MOST_DIGITS: Final = 19


def encode_position(stream_id: str, version: int) -> str:
    """The stream has been appended to up to this version."""
    return base64.urlsafe_b64encode(f"{stream_id}@{version}".encode()).rstrip(b"=").decode()


def response_position(request: Request) -> str | None:
    """The position that the answer to this request tells, as far as it has come by now."""
    reached = current_position()
    if reached is None or not reached.version or current_actor(request) is None:
        return None
    return encode_position(reached.stream_id, reached.version)


def parse_position(text: str) -> tuple[str, int] | None:
    """Stream id and version; None for what is no position."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        stream_id, at, version = plain.decode("ascii").rpartition("@")
    except (binascii.Error, ValueError):
        return None
    if not at or not stream_id or not version.isdigit() or len(version) > _MOST_DIGITS:
        return None
    return (stream_id, int(version)) if int(version) <= _HIGHEST else None

"""The consistency token in the header `Vinculo-Position`, for reading one's own writes.

It names a stream and a version, and is opaque to clients: they pass the token of a command's
response to a read as `min_position`, and the read waits until it has that version. A response has
the position of the stream that was read or appended to, but only if the caller is signed in:
otherwise it would disclose whether a person is registered, and their id.
"""

import base64
import binascii
from typing import Final

from starlette.requests import Request

from vinculo.events import current_position
from vinculo.httpapi.context import current_actor

POSITION_HEADER: Final = "Vinculo-Position"
MAX_POSITION_LENGTH: Final = 200
_MAX_VERSION: Final = 2**63 - 1
_MAX_VERSION_DIGITS: Final = 19


def encode_position(stream_id: str, version: int) -> str:
    """The token of a version of a stream."""
    return base64.urlsafe_b64encode(f"{stream_id}@{version}".encode()).rstrip(b"=").decode()


def response_position(request: Request) -> str | None:
    """The token for the response to this request; None without a stream or a signed-in caller."""
    position = current_position()
    if position is None or not position.version or current_actor(request) is None:
        return None
    return encode_position(position.stream_id, position.version)


def parse_position(text: str) -> tuple[str, int] | None:
    """Stream id and version of a token; None if it is not valid."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        stream_id, at, version = plain.decode("ascii").rpartition("@")
    except (binascii.Error, ValueError):
        return None
    if not at or not stream_id or not version.isdigit() or len(version) > _MAX_VERSION_DIGITS:
        return None
    return (stream_id, int(version)) if int(version) <= _MAX_VERSION else None

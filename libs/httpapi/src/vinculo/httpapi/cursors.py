"""Keyset cursors of lists that are sorted by a moment and an id."""

import base64
import binascii
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class CursorUnreadable(Exception):
    """The text is not a cursor of such a list."""


class ListPosition(NamedTuple):
    """The sort values of an item; the next page begins behind it."""

    at: datetime
    id: UUID


def encode_cursor(position: ListPosition) -> str:
    text = f"{position.at.isoformat()}|{position.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> ListPosition:
    """Raises CursorUnreadable."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        at, id_ = text.decode().split("|")
        position = ListPosition(datetime.fromisoformat(at), UUID(id_))
    except (binascii.Error, ValueError):
        raise CursorUnreadable from None
    if position.at.tzinfo is None:
        raise CursorUnreadable
    return position

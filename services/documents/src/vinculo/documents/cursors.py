"""Cursors of the review queue: opaque text that says where a page ended."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

from vinculo.documents.review_queue import Place


class CursorUnreadable(Exception):
    pass


def cursor_of(place: Place) -> str:
    text = f"{place.submitted_at.isoformat()}|{place.person_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """Raises CursorUnreadable."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        submitted_at, person_id = text.decode().split("|")
        place = Place(submitted_at=datetime.fromisoformat(submitted_at), person_id=UUID(person_id))
    except (binascii.Error, ValueError):
        raise CursorUnreadable from None
    if place.submitted_at.tzinfo is None:
        raise CursorUnreadable
    return place

"""Keyset cursors are read back, and any other text is refused."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest

from vinculo.httpapi.cursors import CursorUnreadable, ListPosition, decode_cursor, encode_cursor

ID = UUID("0b4f2a1e-6b6d-4d1b-9a3a-6f0c2d5e7a91")


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def test_a_cursor_is_read_back() -> None:
    position = ListPosition(datetime(2026, 11, 5, 12, 30, 1, 234567, tzinfo=UTC), ID)

    assert decode_cursor(encode_cursor(position)) == position


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "ñ",
        "a b",
        encoded("2026-11-05T12:30:00+00:00"),
        encoded(f"yesterday|{ID}"),
        encoded("2026-11-05T12:30:00+00:00|no-id"),
        encoded(f"2026-11-05T12:30:00|{ID}"),
        encoded(f"2026-11-05T12:30:00+00:00|{ID}|more"),
    ],
)
def test_any_other_text_is_refused(cursor: str) -> None:
    with pytest.raises(CursorUnreadable):
        decode_cursor(cursor)

"""A cursor is valid only for its query, and does not disclose its content."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from vinculo.query_api.cursors import Cursor, CursorCodec, CursorInvalid, PaginationSnapshot
from vinculo.query_api.person_document.schema import NO_INSTANT

CURSORS = CursorCodec(b"k" * 32)
PERSON = UUID(int=7)
QUERY = b'["customers",{}]'


@pytest.mark.parametrize(
    "value",
    ["maría gómez", 3, datetime(2026, 3, 5, 12, 30, 15, 250_000, tzinfo=UTC), UUID(int=9)],
)
def test_a_decoded_cursor_equals_the_encoded_one(value: Any) -> None:
    cursor = Cursor(value=value, person_id=PERSON, backward=True)

    assert CURSORS.decode(CURSORS.encode(cursor, QUERY), QUERY) == cursor


def test_a_cursor_passes_on_the_snapshot_of_the_first_page() -> None:
    snapshot = PaginationSnapshot(
        started_at=datetime(2026, 3, 5, 23, 59, tzinfo=UTC), people=10_000, is_capped=True
    )
    cursor = Cursor(value=NO_INSTANT, person_id=PERSON, inclusive=True, snapshot=snapshot)

    assert CURSORS.decode(CURSORS.encode(cursor, QUERY), QUERY) == cursor


def test_a_cursor_of_another_deployment_is_refused() -> None:
    text = CursorCodec(b"o" * 32).encode(Cursor(value="a", person_id=PERSON), QUERY)

    with pytest.raises(CursorInvalid):
        CURSORS.decode(text, QUERY)


def test_a_cursor_of_another_query_is_refused() -> None:
    text = CURSORS.encode(Cursor(value="a", person_id=PERSON), QUERY)

    with pytest.raises(CursorInvalid):
        CURSORS.decode(text, b'["customers",{"q":"x"}]')


def _with_other_end(text: str) -> str:
    return text[:-2] + ("BB" if text.endswith("AA") else "AA")


def _with_other_start(text: str) -> str:
    return ("B" if text.startswith("A") else "A") + text[1:]


@pytest.mark.parametrize("edit", [_with_other_end, _with_other_start, lambda t: t[:9]])
def test_an_edited_cursor_is_refused(edit: Any) -> None:
    text = CURSORS.encode(Cursor(value="a", person_id=PERSON), QUERY)

    with pytest.raises(CursorInvalid):
        CURSORS.decode(edit(text), QUERY)


@pytest.mark.parametrize("text", ["", "!", "ñ", "e30", "{'$ne': ''}", "A" * 2000])
def test_malformed_cursors_are_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        CURSORS.decode(text, QUERY)


def test_a_cursor_does_not_show_its_value() -> None:
    assert "maria" not in CURSORS.encode(Cursor(value="maria", person_id=PERSON), QUERY)

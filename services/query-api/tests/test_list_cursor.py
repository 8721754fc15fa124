"""A cursor opens only for the query that it came from, and tells nobody what is in it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from vinculo.httpapi import Problem
from vinculo.query_api.cursors import Cursor, CursorCodec, PaginationSnapshot
from vinculo.query_api.person_document.schema import NO_INSTANT

CURSORS = CursorCodec(b"k" * 32)
PERSON = UUID(int=7)
QUERY = b'["customers",{}]'


@pytest.mark.parametrize(
    "value",
    ["maría gómez", 3, datetime(2026, 3, 5, 12, 30, 15, 250_000, tzinfo=UTC), UUID(int=9)],
)
def test_a_cursor_comes_back_as_it_was(value: Any) -> None:
    cursor = Cursor(value=value, person_id=PERSON, backward=True)

    assert CURSORS.read(CURSORS.write(cursor, QUERY), QUERY) == cursor


def test_a_cursor_hands_on_what_the_first_page_told() -> None:
    walk = PaginationSnapshot(
        begun_at=datetime(2026, 3, 5, 23, 59, tzinfo=UTC), people=10_000, is_capped=True
    )
    cursor = Cursor(value=NO_INSTANT, person_id=PERSON, itself=True, walk=walk)

    assert CURSORS.read(CURSORS.write(cursor, QUERY), QUERY) == cursor


def test_a_cursor_of_another_deployment_is_refused() -> None:
    text = CursorCodec(b"o" * 32).write(Cursor(value="a", person_id=PERSON), QUERY)

    with pytest.raises(Problem):
        CURSORS.read(text, QUERY)


def test_a_cursor_of_another_query_is_refused() -> None:
    text = CURSORS.write(Cursor(value="a", person_id=PERSON), QUERY)

    with pytest.raises(Problem):
        CURSORS.read(text, b'["customers",{"q":"x"}]')


@pytest.mark.parametrize("edit", [lambda t: t[:-2] + "AA", lambda t: "A" + t[1:], lambda t: t[:9]])
def test_an_edited_cursor_is_refused(edit: Any) -> None:
    text = CURSORS.write(Cursor(value="a", person_id=PERSON), QUERY)

    with pytest.raises(Problem):
        CURSORS.read(edit(text), QUERY)


@pytest.mark.parametrize("text", ["", "!", "ñ", "e30", "{'$ne': ''}", "A" * 2000])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        CURSORS.read(text, QUERY)


def test_a_cursor_does_not_show_its_value() -> None:
    assert "maria" not in CURSORS.write(Cursor(value="maria", person_id=PERSON), QUERY)

"""How many letters a column's cells usually need, by the column's name."""

from collections.abc import Mapping
from typing import Final

USUAL: Final = 20
LETTERS: Final[Mapping[str, int]] = {
    "number": 8,
    "name": 34,
    "person_id": 38,
    "customer_id": 38,
    "phone": 18,
    "email": 36,
    "document_type": 9,
    "national_id": 16,
    "identification": 16,
    "status": 16,
    "kind": 12,
    "active_loans": 10,
    "payer": 30,
}
PRINTED: Final[Mapping[str, int]] = {
    "person_id": 29,
    "customer_id": 29,
    "phone": 22,
    "active_loans": 14,
}
"""Where paper asks for other shares: an id breaks at a hyphen, a number had better not."""


def letters(column: str) -> int:
    """A moment's, where nothing else is said."""
    return LETTERS.get(column, USUAL)


def share(column: str) -> int:
    """Of a page's width."""
    return PRINTED.get(column, letters(column))

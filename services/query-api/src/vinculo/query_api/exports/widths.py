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
USUAL_PRINTED: Final = 11.5
PRINTED: Final[Mapping[str, float]] = {
    "number": 8,
    "name": 26,
    "person_id": 19.5,
    "customer_id": 19.5,
    "phone": 14.5,
    "email": 30,
    "document_type": 11,
    "national_id": 11.5,
    "identification": 13.5,
    "status": 12,
    "kind": 10.5,
    "active_loans": 8.5,
    "payer": 24,
    "modified": 13.5,
}
"""On paper ids and moments take two lines: an id breaks at a hyphen, a number had better not."""


def letters(column: str) -> int:
    """A moment's, where nothing else is said."""
    return LETTERS.get(column, USUAL)


def printed_letters(column: str) -> float:
    """Likewise on paper, where a letter is as wide as a digit."""
    return PRINTED.get(column, USUAL_PRINTED)

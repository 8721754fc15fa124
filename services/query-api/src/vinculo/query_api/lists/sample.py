"""What the service knows of its people without asking: a random sample, ready for estimates.

From some thousand people one sees how common a word is, how many lie between two dates, and where
in a sort order those who fit a filter stand, whatever hangs together with whatever. Held in memory
alone, and thrown away with the next one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from vinculo.query_api.lists.search import Token
from vinculo.query_api.person_document.counters import Group
from vinculo.query_api.person_document.schema import BLOCKED_BY, HAS_LOANS, KIND, STATUS, TOKENS

AFTER_ANY_TEXT: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Order:
    """The sample by one field and id: the keys in order, whose they are, where each one stands."""

    keys: Sequence[tuple[Any, ...]]
    rows: Sequence[int]
    places: Sequence[int]

    def place(self, value: Any, person_id: UUID | None = None) -> int:  # noqa: ANN401 - any type
        """How many stand before this value, or before this person with it."""
        key = (comparable(value),) if person_id is None else (comparable(value), person_id.bytes)
        return bisect_left(self.keys, key)


class Sample:
    """People as documents, each with all sort columns."""

    def __init__(self, people: Sequence[Mapping[str, Any]]) -> None:
        self.people = people
        self._groups: dict[Group, set[int]] = {}
        for row, person in enumerate(people):
            group = Group(person[KIND], person[STATUS], person[HAS_LOANS])
            self._groups.setdefault(group, set()).add(row)
        held = sorted(
            (token, row) for row, person in enumerate(people) for token in value_of(person, TOKENS)
        )
        self._tokens = [token for token, _ in held]
        self._holders = [row for _, row in held]
        self._orders: dict[str, Order] = {}

    def __len__(self) -> int:
        return len(self.people)

    def groups(self) -> Mapping[Group, AbstractSet[int]]:
        """Rows by kind, status and loans flag."""
        return self._groups

    def order(self, field: str) -> Order:
        """Made when first asked for."""
        if field not in self._orders:
            keys = [(comparable(value_of(p, field)), p["_id"].bytes) for p in self.people]
            rows = sorted(range(len(keys)), key=keys.__getitem__)
            places = [0] * len(rows)
            for place, row in enumerate(rows):
                places[row] = place
            self._orders[field] = Order([keys[row] for row in rows], rows, places)
        return self._orders[field]

    def between(self, field: str, since: Any, until: Any) -> set[int]:  # noqa: ANN401 - likewise
        """Whose value is from `since` on and before `until`; None leaves that side open."""
        order = self.order(field)
        first = 0 if since is None else order.place(since)
        last = len(order.rows) if until is None else order.place(until)
        return set(order.rows[first:last])

    def holders(self, tokens: Iterable[Token]) -> set[int]:
        """Who holds any of these tokens."""
        found: set[int] = set()
        for token in tokens:
            first = bisect_left(self._tokens, token.text)
            end = token.text + AFTER_ANY_TEXT if token.is_prefix else token.text
            found.update(self._holders[first : bisect_right(self._tokens, end)])
        return found

    def blocked_by(self, requirement: str) -> set[int]:
        return {
            row
            for row, person in enumerate(self.people)
            if requirement in person.get(BLOCKED_BY, ())
        }


def value_of(document: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - a value of any type
    """The value at a dotted path."""
    value: Any = document
    for part in path.split("."):
        value = value[part]
    return value


def comparable(value: Any) -> Any:  # noqa: ANN401 - likewise
    """As MongoDB orders it: ids by their bytes."""
    return value.bytes if isinstance(value, UUID) else value

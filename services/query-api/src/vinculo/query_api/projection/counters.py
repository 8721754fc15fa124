"""How many people are in the lists, by kind, status and whether they have active loans.

One document per Kafka partition number, `{_id, counts: {"customer|enabled|1": 42}}`, changed in the
transaction that writes the people: the sum over all documents is always what the lists hold. Beside
them lie the documents of `history.py`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from pymongo import UpdateOne

from vinculo.query_api.mongo import Document
from vinculo.query_api.people.fields import field_name
from vinculo.query_api.projection.history import History, HourlyGroup, history_updates


class Group(NamedTuple):
    kind: str
    status: str
    has_loans: int


def group_of(document: Mapping[str, Any]) -> Group | None:
    """None for a person in no list."""
    kind = document.get("kind")
    return None if kind is None else Group(kind, document["status"], document["has_loans"])


def sum_counts(documents: Iterable[Mapping[str, Any]]) -> dict[Group, int]:
    """The totals that the counter documents tell together."""
    totals: Counter[Group] = Counter()
    for document in documents:
        for key, people in document.get("counts", {}).items():
            kind, status, has_loans = key.split("|")
            totals[Group(unquote(kind), unquote(status), int(has_loans))] += people
    return {group: people for group, people in totals.items() if people}


class Changes:
    """What a batch does to the counters, by partition number."""

    def __init__(self) -> None:
        self._by_partition: dict[int, Counter[Group]] = {}
        self._history: dict[int, Counter[HourlyGroup]] = {}

    def move(self, partition: int, before: Group | None, after: Group | None) -> None:
        if before == after:
            return
        counts = self._by_partition.setdefault(partition, Counter())
        if before is not None:
            counts[before] -= 1
        if after is not None:
            counts[after] += 1

    def retell(self, partition: int, before: History, after: History) -> None:
        if before == after:
            return
        history = self._history.setdefault(partition, Counter())
        history.subtract(before)
        history.update(after)

    def updates(self) -> list[UpdateOne]:
        totals = [
            UpdateOne({"_id": partition}, {"$inc": increments}, upsert=True)
            for partition, counts in self._by_partition.items()
            if (increments := _increments(counts))
        ]
        return totals + history_updates(self._history)


def _increments(counts: Counter[Group]) -> Document:
    return {
        f"counts.{field_name(group.kind)}|{field_name(group.status)}|{group.has_loans}": change
        for group, change in counts.items()
        if change
    }

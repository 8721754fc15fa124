"""Changes of the counter documents, written in the transaction that writes the people."""

from collections import Counter
from collections.abc import Mapping

from pymongo import UpdateOne

from vinculo.query_api.mongo import Expression
from vinculo.query_api.person_document.counters import (
    Group,
    HourlyGroup,
    StatusHistory,
    block_of,
)
from vinculo.query_api.person_document.schema import field_name


class CounterChanges:
    """The changes of one batch, by partition number."""

    def __init__(self) -> None:
        self._groups: dict[int, Counter[Group]] = {}
        self._history: dict[int, Counter[HourlyGroup]] = {}

    def move(self, partition: int, before: Group | None, after: Group | None) -> None:
        """Count a person in another group; None means no list."""
        if before == after:
            return
        counts = self._groups.setdefault(partition, Counter())
        if before is not None:
            counts[before] -= 1
        if after is not None:
            counts[after] += 1

    def replace_history(self, partition: int, before: StatusHistory, after: StatusHistory) -> None:
        """Replace a person's share of the hourly counts."""
        if before == after:
            return
        history = self._history.setdefault(partition, Counter())
        history.subtract(before)
        history.update(after)

    def updates(self) -> list[UpdateOne]:
        return [*self._total_updates(), *self._history_updates()]

    def _total_updates(self) -> list[UpdateOne]:
        return [
            UpdateOne({"_id": partition}, {"$inc": increments}, upsert=True)
            for partition, counts in self._groups.items()
            if (increments := _increments(counts))
        ]

    def _history_updates(self) -> list[UpdateOne]:
        blocks: dict[tuple[int, int], Expression] = {}
        for partition, counts in self._history.items():
            for group, change in counts.items():
                if change:
                    increments = blocks.setdefault((block_of(group.hour), partition), {})
                    kind, status = field_name(group.kind), field_name(group.status)
                    increments[f"hours.{group.hour}|{kind}|{status}"] = change
        return [
            UpdateOne(
                {"_id": f"{block}|{partition}"},
                {"$inc": increments, "$setOnInsert": {"block": block}},
                upsert=True,
            )
            for (block, partition), increments in blocks.items()
        ]


def _increments(counts: Mapping[Group, int]) -> Expression:
    return {
        f"counts.{field_name(group.kind)}|{field_name(group.status)}|{group.has_loans}": change
        for group, change in counts.items()
        if change
    }

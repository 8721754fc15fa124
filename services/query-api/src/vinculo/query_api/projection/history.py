"""When people came into a status and left it, by the hour, counted like the totals.

The clock is UTC's, so that the days of any time zone can be made of the hours. Hours lie in blocks,
one document per block and Kafka partition number, `{_id: "681|3", block: 681, hours:
{"490321|customer|enabled": 2}}`. All that is counted of listed people adds up to the totals.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from pymongo import UpdateOne

from vinculo.query_api.mongo import Document
from vinculo.query_api.people.fields import field_name

HOURS_IN_BLOCK: Final = 720
_SECONDS: Final = 3600


class HourlyGroup(NamedTuple):
    """`hour` is counted from the epoch."""

    hour: int
    kind: str
    status: str


History = Mapping[HourlyGroup, int]


def hour_of(moment: datetime) -> int:
    return int(moment.timestamp()) // _SECONDS


def block_of(hour: int) -> int:
    return hour // HOURS_IN_BLOCK


def history_of(document: Mapping[str, Any]) -> History:
    """In which hours this person came (1) and left (-1); empty for a person in no list.

    A move has no kind where the registration itself was given up as a dead letter.
    """
    if document.get("kind") is None:
        return {}
    history: Counter[HourlyGroup] = Counter()
    before: tuple[str, str] | None = None
    for move in document["registry"].get("moves", ()):
        now = (move["kind"], move["status"])
        if now == before or move["kind"] is None:
            continue
        hour = hour_of(move["at"])
        if before is not None:
            history[HourlyGroup(hour, *before)] -= 1
        history[HourlyGroup(hour, *now)] += 1
        before = now
    return history


def history_updates(changes: Mapping[int, Counter[HourlyGroup]]) -> list[UpdateOne]:
    """What to write, for changes by partition number."""
    blocks: dict[tuple[int, int], Document] = {}
    for partition, counts in changes.items():
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


def sum_history(documents: Iterable[Mapping[str, Any]]) -> Counter[HourlyGroup]:
    totals: Counter[HourlyGroup] = Counter()
    for document in documents:
        for key, people in document.get("hours", {}).items():
            hour, kind, status = key.split("|")
            totals[HourlyGroup(int(hour), unquote(kind), unquote(status))] += people
    return totals

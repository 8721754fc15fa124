"""Everything that happened to a person, newest first, from all topics together."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.mongo import MAX_QUERY_MS, Collection
from vinculo.query_api.periods import Interval, within
from vinculo.query_api.profile.event_descriptions import (
    Category,
    category_of,
    describe_event,
    events_of,
)
from vinculo.translation import Language


async def read_timeline(
    events: Collection,
    person_id: UUID,
    *,
    limit: int,
    cursor: Cursor | None,
    categories: Sequence[Category],
    period: Interval,
    language: Language,
) -> tuple[list[dict[str, Any]], Cursor | None]:
    """A page of entries and the cursor for the older ones. No categories are all of them."""
    match: dict[str, Any] = {"person_id": person_id, **within("time", period)}
    conditions: list[dict[str, Any]] = []
    if categories:
        conditions.append({"$or": [events_of(category) for category in categories]})
    if cursor is not None:
        conditions += [
            {"time": {"$lte": cursor.value}},
            {"$or": [{"time": {"$lt": cursor.value}}, {"_id": {"$lt": cursor.person_id}}]},
        ]
    if conditions:
        match["$and"] = conditions
    found = (
        await events.find(match, max_time_ms=MAX_QUERY_MS)
        .sort([("time", -1), ("_id", -1)])
        .limit(limit + 1)
        .to_list(limit + 1)
    )
    shown = found[:limit]
    older = (
        Cursor(value=shown[-1]["time"], person_id=shown[-1]["_id"]) if len(found) > limit else None
    )
    return [
        {**described_entry(event, language), "facts": orjson.Fragment(event["facts"])}
        for event in shown
    ], older


def described_entry(event: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Of clear facts alone; whatever is personal stays in its envelope and is not shown."""
    topic, type_, facts = event["topic"], event["type"], event["facts"]
    return {
        "event_id": event["_id"],
        "type": type_,
        "category": category_of(topic, type_),
        "words": describe_event(topic, type_, orjson.loads(facts), language),
        "topic": topic,
        "stream": event["stream_id"],
        "version": event["version"],
        "at": event["time"],
    }

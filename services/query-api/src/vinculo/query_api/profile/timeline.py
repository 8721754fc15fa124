"""A person's timeline: events of all topics, the newest first, described in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.mongo import MAX_QUERY_MS, Collection
from vinculo.query_api.periods import Interval, within
from vinculo.query_api.profile.event_descriptions import (
    Category,
    category_filter,
    category_of,
    describe_event,
)
from vinculo.translation import Language


async def read_timeline_page(
    events: Collection,
    person_id: UUID,
    *,
    limit: int,
    cursor: Cursor | None,
    categories: Sequence[Category],
    period: Interval,
    language: Language,
) -> tuple[list[dict[str, Any]], Cursor | None]:
    """A page of entries and the cursor of the next page. No categories mean all."""
    match: dict[str, Any] = {"person_id": person_id, **within("time", period)}
    conditions: list[dict[str, Any]] = []
    if categories:
        conditions.append({"$or": [category_filter(category) for category in categories]})
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
    page = found[:limit]
    following = (
        Cursor(value=page[-1]["time"], person_id=page[-1]["_id"]) if len(found) > limit else None
    )
    return [
        {**described_entry(entry, language), "facts": orjson.Fragment(entry["facts"])}
        for entry in page
    ], following


def described_entry(entry: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """The entry without its encrypted personal part."""
    topic, event_type = entry["topic"], entry["type"]
    return {
        "event_id": entry["_id"],
        "type": event_type,
        "category": category_of(topic, event_type),
        "words": describe_event(topic, event_type, orjson.loads(entry["facts"]), language),
        "topic": topic,
        "stream": entry["stream_id"],
        "version": entry["version"],
        "at": entry["time"],
    }

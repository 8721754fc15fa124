"""Everything that happened to a person, newest first, from all topics together."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from vinculo.query_api.lists.cursor import Cursor
from vinculo.query_api.lists.pages import LONGEST_QUERY_MS
from vinculo.query_api.mongo import Collection


async def read_timeline(
    events: Collection,
    person_id: UUID,
    *,
    limit: int,
    cursor: Cursor | None,
) -> tuple[list[dict[str, Any]], Cursor | None]:
    """A page of entries and the cursor for the older ones."""
    match: dict[str, Any] = {"person_id": person_id}
    if cursor is not None:
        match["time"] = {"$lte": cursor.value}
        match["$or"] = [{"time": {"$lt": cursor.value}}, {"_id": {"$lt": cursor.person_id}}]
    found = (
        await events.find(match, max_time_ms=LONGEST_QUERY_MS)
        .sort([("time", -1), ("_id", -1)])
        .limit(limit + 1)
        .to_list(limit + 1)
    )
    shown = found[:limit]
    older = (
        Cursor(value=shown[-1]["time"], person_id=shown[-1]["_id"]) if len(found) > limit else None
    )
    return [_entry(event) for event in shown], older


def _entry(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event_id": event["_id"],
        "type": event["type"],
        "topic": event["topic"],
        "stream": event["stream_id"],
        "version": event["version"],
        "at": event["time"],
        "facts": orjson.Fragment(event["facts"]),
    }

"""A person's timeline: events of all topics, the newest first, described in sentences."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, TypeAlias
from uuid import UUID, uuid5

import orjson
from pydantic import Field, GetPydanticSchema, JsonValue
from typing_extensions import TypedDict

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.mongo import MAX_QUERY_MS, Collection, Expression
from vinculo.query_api.periods import Interval, within
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.person_document.timeline import TimelineEntry
from vinculo.query_api.profile.event_descriptions import (
    Category,
    category_filter,
    category_of,
    describe_event,
)
from vinculo.translation import Language

JsonObject: TypeAlias = Annotated[
    orjson.Fragment, GetPydanticSchema(lambda _, handler: handler(dict[str, JsonValue]))
]
"""An object that is stored as JSON text and sent as it is."""


SUBMISSION_TEMPLATES: Final = ("activation", "reminder")
"""Messages about a submission; a message's id is made of its cause's id and its template."""


class DescribedEvent(TypedDict):
    """An event about a person, without its encrypted personal part."""

    event_id: Annotated[UUID, Field(description="The id of the event.")]
    type: Annotated[str, Field(description="The type of the event, with its version.")]
    category: Annotated[Category, Field(description="What the event is about.")]
    words: Annotated[str, Field(description="The event as a sentence, without personal data.")]
    topic: Annotated[str, Field(description="The topic on which it was published.")]
    stream: Annotated[str, Field(description="The stream to which it belongs.")]
    version: Annotated[int, Field(description="Its version in the stream.")]
    at: Annotated[datetime, Field(description="The time of the event.")]


class ShownEntry(DescribedEvent):
    """An entry of the timeline."""

    facts: Annotated[JsonObject, Field(description="What the event says that is not personal.")]


async def read_timeline_page(
    events: Collection[TimelineEntry],
    person: Person,
    *,
    limit: int,
    cursor: Cursor | None,
    categories: Sequence[Category],
    period: Interval,
    language: Language,
) -> tuple[list[ShownEntry], Cursor | None]:
    """A page of entries and the cursor of the next page. No categories mean all.

    Once a submission is activated, the entries of all others are left out, and messages about them.
    """
    match: Expression = {"person_id": person["_id"], **within("time", period)}
    conditions = await _hidden(events, person)
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


async def _hidden(events: Collection[TimelineEntry], person: Person) -> list[Expression]:
    """The conditions that leave out submissions of other humans."""
    application = person["application"]
    if "activated_at" not in application:
        return []
    others = await events.find(
        {
            "person_id": person["_id"],
            "submission_id": {"$exists": True, "$ne": application["registration_id"]},
        },
        max_time_ms=MAX_QUERY_MS,
    ).to_list(None)
    if not others:
        return []
    ids = [entry["_id"] for entry in others]
    messages = [
        f"message-{uuid5(cause, template)}" for cause in ids for template in SUBMISSION_TEMPLATES
    ]
    return [{"_id": {"$nin": ids}}, {"stream_id": {"$nin": messages}}]


def described_entry(entry: TimelineEntry, language: Language) -> DescribedEvent:
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

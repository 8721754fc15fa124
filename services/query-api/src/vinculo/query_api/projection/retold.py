"""Entries of the timeline as the events they were, and the document that they make.

The projector's own folds make it, so that all entries of a person together give what it keeps.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import bson
import orjson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from vinculo.contracts import parse
from vinculo.events import Meta
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.mongo import Document
from vinculo.query_api.people.derived import derive
from vinculo.query_api.people.personal import Opened
from vinculo.query_api.projection.credit_feeds import source_of
from vinculo.query_api.projection.feeds import FEEDS, Family

_STORED: Final[CodecOptions[Document]] = CodecOptions(
    document_class=dict, tz_aware=True, uuid_representation=UuidRepresentation.STANDARD
)


def retold(entry: Mapping[str, Any]) -> ConsumedEvent:
    """Raises pydantic.ValidationError when the entry is not what its type promises."""
    data = orjson.loads(entry["facts"])
    if entry.get("personal") is not None:
        data["personal"] = entry["personal"]
    payload = parse(entry["topic"], entry["type"], orjson.dumps(data))
    return ConsumedEvent(
        topic=entry["topic"],
        partition=0,
        offset=0,
        event_id=entry["_id"],
        type=entry["type"],
        source=source_of(entry["stream_id"], payload),
        subject=entry["person_id"],
        stream_id=entry["stream_id"],
        version=entry["version"],
        time=entry["time"],
        meta=Meta(),
        data=data,
        payload=payload,
        raw=None,
    )


def nobody_yet(person_id: UUID) -> Document:
    """The document before the first event."""
    return {"_id": person_id, "revision": 0}


def fold_again(document: Document, received: ConsumedEvent, opened: Opened) -> None:
    """What the projector does with an event, of people's topics; the timeline has others too."""
    feed = FEEDS[received.topic]
    if feed.family is not Family.PEOPLE or received.version <= feed.applied(document, received):
        return
    feed.fold(document, received, opened)
    document["revision"] += 1
    derive(document)


def as_stored(document: Document) -> Document:
    """As MongoDB gives it back: a copy, its moments cut to milliseconds."""
    return bson.decode(bson.encode(document, codec_options=_STORED), _STORED)

"""Timeline entries: each event about a person as it was recorded, with its personal part encrypted.

Entries can be replayed: all entries of a person, folded by the projector's own functions, give the
document that the projector stores.

`facts` is JSON text, because external systems may write more into an event than BSON holds (depth,
large numbers, odd keys). `personal` is the encrypted envelope; it, the actor, and the correlation
and causation ids are there only when the event has them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NotRequired, cast
from uuid import UUID

import bson
import orjson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from typing_extensions import TypedDict

from vinculo.contracts import Facts, parse
from vinculo.contracts.onboarding import (
    ActivationLinkIssued,
    ApplicationStarted,
    EmailCorrected,
    EmailVerifiedV2,
    SubmissionDropped,
    SubmissionReceived,
)
from vinculo.events import Meta
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.mongo import Document, Shape
from vinculo.query_api.person_document.credit import reported_at
from vinculo.query_api.person_document.list_columns import set_list_columns
from vinculo.query_api.person_document.personal import (
    DecryptedPart,
    StoredEnvelope,
    encrypted_part,
)
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.person_document.sections import PERSON_SOURCES

_STORED_AS: Final[CodecOptions[Document]] = CodecOptions(
    document_class=dict, tz_aware=True, uuid_representation=UuidRepresentation.STANDARD
)

_SUBMISSION_FIELDS: Final[Mapping[type[Facts | None], str]] = {
    ApplicationStarted: "registration_id",
    SubmissionReceived: "submission_id",
    SubmissionDropped: "submission_id",
    EmailVerifiedV2: "submission_id",
    ActivationLinkIssued: "submission_id",
    EmailCorrected: "submission_id",
}


class TimelineEntry(TypedDict):
    """An event about a person; `_id` is the event's id, `submission_id` only of a submission.

    `time` is when it was recorded; of a credit system's report, when it was reported.
    """

    _id: UUID
    person_id: UUID
    topic: str
    type: str
    stream_id: str
    version: int
    time: datetime
    facts: str
    submission_id: NotRequired[UUID]
    personal: NotRequired[StoredEnvelope]
    actor: NotRequired[str]
    correlation_id: NotRequired[str]
    causation_id: NotRequired[UUID]


def timeline_entry(received: ConsumedEvent, topic: str) -> TimelineEntry:
    envelope = encrypted_part(received.payload)
    facts = (
        received.value.decode()
        if envelope is None
        else _facts_without_personal_part(received.value)
    )
    entry: TimelineEntry = {
        "_id": received.event_id,
        "person_id": received.subject,
        "topic": topic,
        "type": received.type,
        "stream_id": received.stream_id,
        "version": received.version,
        "time": reported_at(received.payload) or received.time,
        "facts": facts,
    }
    if envelope is not None:
        entry["personal"] = envelope
    submission_id = submission_of(received.payload)
    if submission_id is not None:
        entry["submission_id"] = submission_id
    meta = received.meta
    if meta.actor is not None:
        entry["actor"] = meta.actor
    if meta.correlation_id is not None:
        entry["correlation_id"] = meta.correlation_id
    if meta.causation_id is not None:
        entry["causation_id"] = meta.causation_id
    return entry


def submission_of(event: Facts | None) -> UUID | None:
    """The submission that the event names, if it is about one."""
    field = _SUBMISSION_FIELDS.get(type(event))
    return None if field is None else getattr(event, field)


def _facts_without_personal_part(value: bytes) -> str:
    facts = orjson.loads(value)
    del facts["personal"]
    return orjson.dumps(facts).decode()


def event_from_entry(entry: TimelineEntry) -> ConsumedEvent:
    """The event of an entry.

    Raises:
        pydantic.ValidationError: the entry is not what the event's type promises.

    """
    data = orjson.loads(entry["facts"])
    if entry.get("personal") is not None:
        data["personal"] = entry["personal"]
    value = orjson.dumps(data)
    return ConsumedEvent(
        topic=entry["topic"],
        partition=0,
        offset=0,
        event_id=entry["_id"],
        type=entry["type"],
        source="",
        subject=entry["person_id"],
        stream_id=entry["stream_id"],
        version=entry["version"],
        time=entry["time"],
        meta=Meta(),
        value=value,
        payload=parse(entry["topic"], entry["type"], value),
        raw=None,
    )


def empty_person(person_id: UUID) -> Person:
    """The document before the first event."""
    return {"_id": person_id, "revision": 0}


def apply_event(person: Person, received: ConsumedEvent, decrypted: DecryptedPart) -> None:
    """Fold an event as the projector does; events that are not in a section change nothing."""
    source = PERSON_SOURCES.get(received.topic)
    if source is None or received.version <= source.last_version(person, received.stream_id):
        return
    source.fold(person, received, decrypted)
    person["revision"] += 1
    set_list_columns(person)


def bson_roundtrip(document: Shape) -> Shape:
    """A copy as MongoDB would give it back, with times cut to milliseconds."""
    encoded = bson.encode(document, codec_options=_STORED_AS)
    return cast("Shape", bson.decode(encoded, _STORED_AS))

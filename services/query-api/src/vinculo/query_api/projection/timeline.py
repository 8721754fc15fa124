"""Entries of the timeline: each event about a person as it was recorded, personal part sealed.

`facts` is JSON text: what outsiders may write into an event (depth, large numbers, odd keys) is
more than BSON holds. `personal` is the sealed envelope, opened only where it is used; it and what
traces the event's cause are there only when the event has them.
"""

import orjson

from vinculo.contracts import Envelope
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.mongo import Document


def timeline_entry(received: ConsumedEvent, topic: str) -> Document:
    facts, sealed = _parts(received)
    entry = {
        "_id": received.event_id,
        "person_id": received.subject,
        "topic": topic,
        "type": received.type,
        "stream_id": received.stream_id,
        "version": received.version,
        "time": received.time,
        "facts": facts,
    }
    if sealed is not None:
        entry["personal"] = sealed
    meta = received.meta
    if meta.actor is not None:
        entry["actor"] = meta.actor
    if meta.correlation_id is not None:
        entry["correlation_id"] = meta.correlation_id
    if meta.causation_id is not None:
        entry["causation_id"] = meta.causation_id
    return entry


def _parts(received: ConsumedEvent) -> tuple[str, Document | None]:
    """The facts as they were recorded, without the envelope if there is one."""
    if "personal" in received.data:
        sealed = getattr(received.payload, "personal", None)
        if isinstance(sealed, Envelope):
            facts = {name: value for name, value in received.data.items() if name != "personal"}
            return orjson.dumps(facts).decode(), sealed.model_dump()
    return received.raw.value.decode(), None

"""Three hundred generated people with their records, shared by the tests."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.events.meta import Meta
from vinculo.eventstore import StoredEvent
from vinculo.messaging import Record
from vinculo.population.catalogue_events import catalogue_events
from vinculo.population.event_builder import DraftEvent, EventBuilder
from vinculo.population.person_generator import PopulationSpec
from vinculo.population.person_history import person_history
from vinculo.population.records import RecordBuilder, RecordSubject

UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
SPEC = PopulationSpec(people=300, seed=7, until=UNTIL)
PEOPLE = [person_history(SPEC, number) for number in range(300)]
CIPHER = AESGCM(bytes(32))
RECORDS = RecordBuilder("load-")


def all_records() -> Iterator[Record]:
    for event in catalogue_events(SPEC):
        yield RECORDS.record(RecordSubject(event.stream), event)
    for history in PEOPLE:
        for event in history.events:
            yield RECORDS.record(RecordSubject(history.person.id_text, CIPHER), event)


def type_of(record: Record) -> str:
    return dict(record.headers)["ce_type"].decode().split(".", 2)[2]


def stored(history: EventBuilder, event: DraftEvent) -> StoredEvent:
    """The event as stored by its service, with a placeholder for the encrypted part."""
    return StoredEvent(
        event_id=UUID(event.event_id),
        stream_id=f"{event.category}-{event.stream}",
        subject=history.person.person_id,
        version=event.version,
        type=event.type,
        data=orjson.loads(orjson.dumps(event.facts)),
        personal=None if event.personal is None else {"v": 1},
        meta=Meta(correlation_id=history.person.id_text),
        recorded_at=datetime.fromisoformat(event.time),
    )

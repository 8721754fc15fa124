"""Three hundred generated people with their records, shared by the tests."""

from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.eventstore import StoredEvent
from vinculo.messaging import Record
from vinculo.population.catalogue_events import catalogue_events
from vinculo.population.installation import shipped_installation
from vinculo.population.person_generator import PopulationSpec
from vinculo.population.person_history import person_history
from vinculo.population.person_streams import PersonStreams
from vinculo.population.records import RecordEncoder

UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
SPEC = PopulationSpec(people=300, seed=7, until=UNTIL)
INSTALLATION = shipped_installation()
CIPHER = AESGCM(bytes(32))


def generate(number: int, spec: PopulationSpec = SPEC) -> PersonStreams:
    return person_history(INSTALLATION, spec, number, lambda _: CIPHER)


PEOPLE = [generate(number) for number in range(300)]
ENCODER = RecordEncoder(INSTALLATION, "load-")


def all_records() -> Iterator[Record]:
    yield from map(ENCODER.encode, catalogue_events(INSTALLATION, SPEC))
    for history in PEOPLE:
        yield from map(ENCODER.encode, history.events)


def type_of(record: Record) -> str:
    return dict(record.headers)["ce_type"].decode().split(".", 2)[2]


def stream_events(history: PersonStreams) -> list[StoredEvent]:
    """The events of services, which have streams."""
    return [event for event in history.events if isinstance(event, StoredEvent)]


def category_of(event: StoredEvent) -> str:
    return event.stream_id.removesuffix(event.stream_id[-37:])

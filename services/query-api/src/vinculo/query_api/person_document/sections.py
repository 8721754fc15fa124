"""Which topic feeds which section of a person's document.

The last applied version of a stream is in the section that the stream feeds, so that it changes
together with the section and an event is never applied twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Generic, Literal, TypeAlias, TypeGuard, TypeVar, cast
from uuid import UUID

from typing_extensions import TypedDict

from vinculo.contracts import Facts, topics
from vinculo.contracts.customer_registry import RecordErased
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.person_document.application import application_section, fold_application
from vinculo.query_api.person_document.credit import (
    CREDIT_SECTIONS,
    advance_stream,
    fold_credit,
    last_applied,
)
from vinculo.query_api.person_document.dossier import dossier_section, fold_dossier
from vinculo.query_api.person_document.personal import DecryptedPart, erase, fold_personal
from vinculo.query_api.person_document.registry import fold_registry, registry_section
from vinculo.query_api.person_document.schema import (
    ApplicationSection,
    DossierSection,
    Person,
    RegistrySection,
    StoredDocument,
    StreamDocument,
)


class DocumentKind(StrEnum):
    """Kinds of documents in the read model; the values are fields of `CollectionNames`."""

    PEOPLE = "people"
    PAYERS = "payers"
    POLICIES = "policies"
    MESSAGES = "messages"


SectionName: TypeAlias = Literal["application", "dossier", "registry"]
Section = TypeVar("Section", ApplicationSection, DossierSection, RegistrySection)
Target = TypeVar("Target", bound=StoredDocument)
Fed = TypeVar("Fed", ApplicationSection, DossierSection, RegistrySection, StreamDocument)
LastEvent: TypeAlias = tuple[UUID | None, int | None]
"""Id and store epoch; None where an older version of the code has applied it."""


def record_last_event(
    fed: Fed, version: int, event_id: UUID | None, store_epoch: int | None
) -> None:
    """Store the last applied event of a stream in what the stream feeds."""
    fed["version"] = version
    fed["event_id"] = event_id
    if store_epoch is not None:
        fed["store_epoch"] = store_epoch
    else:
        fed.pop("store_epoch", None)


class LastApplied(TypedDict, total=False):
    """The part of a section, or of a stream's own document, that tells its last event."""

    event_id: UUID | None
    store_epoch: int


def last_event_of(fed: LastApplied) -> LastEvent:
    return fed.get("event_id"), fed.get("store_epoch")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource(Generic[Target]):
    """How the events of one topic are folded into documents of one kind.

    `last_version` gives the last applied version of a stream, and `last_event` the id and store
    epoch of that event; `advance` makes an event the last applied one without folding it. A
    stream's id ends in that of the document, unless `has_many_streams`: then the document is that
    of the record's subject.
    `fold` raises pydantic.ValidationError when the personal part is not what the event's type
    promises, and has then changed nothing. `changed_fields` are the document's fields in which it
    changes values in place; all others it only replaces.
    """

    kind: DocumentKind
    last_version: Callable[[Target, str], int]
    fold: Callable[[Target, ConsumedEvent, DecryptedPart], None]
    advance: Callable[[Target, str, int, UUID | None, int | None], None]
    last_event: Callable[[Target, str], LastEvent]
    changed_fields: tuple[str, ...] = ()
    has_many_streams: bool = False
    in_timeline: bool = True


AnySource: TypeAlias = EventSource[StoredDocument]


def of_any_kind(source: EventSource[Target]) -> AnySource:
    """The source, to be used with documents of its kind only."""
    return cast("AnySource", source)


def is_person(_document: StoredDocument, kind: DocumentKind) -> TypeGuard[Person]:
    """Whether a document of this kind is a person's."""
    return kind is DocumentKind.PEOPLE


def _section(
    name: SectionName,
    open_section: Callable[[Person], Section],
    fold_section: Callable[[Section, Facts], None],
) -> EventSource[Person]:
    """A section of a person's document, fed by one stream."""

    def last_version(person: Person, _stream_id: str) -> int:
        section = person.get(name)
        return 0 if section is None else section["version"]

    def fold(person: Person, received: ConsumedEvent, decrypted: DecryptedPart) -> None:
        event = received.payload
        if event is not None:
            fold_personal(person, event, decrypted)
        section = open_section(person)
        record_last_event(section, received.version, received.event_id, received.store_epoch)
        if event is not None:
            fold_section(section, event)
        if isinstance(event, RecordErased):
            erase(person, event.erased_at)

    def advance(
        person: Person,
        _stream_id: str,
        version: int,
        event_id: UUID | None,
        store_epoch: int | None,
    ) -> None:
        record_last_event(open_section(person), version, event_id, store_epoch)

    def last_event(person: Person, _stream_id: str) -> LastEvent:
        section = person.get(name)
        return (None, None) if section is None else last_event_of(section)

    return EventSource(
        kind=DocumentKind.PEOPLE,
        last_version=last_version,
        fold=fold,
        advance=advance,
        last_event=last_event,
        changed_fields=(name, "personal"),
    )


def _last_credit_event(person: Person, stream_id: str) -> LastEvent:
    stream = last_applied(person, stream_id)
    return stream["event_id"], stream.get("store_epoch")


def _fold_credit(person: Person, received: ConsumedEvent, _decrypted: DecryptedPart) -> None:
    advance_stream(
        person, received.stream_id, received.version, received.event_id, received.store_epoch
    )
    if received.payload is not None:
        fold_credit(person, received.payload)


PERSON_SOURCES: Final[Mapping[str, EventSource[Person]]] = MappingProxyType(
    {
        topics.ONBOARDING_APPLICATIONS: _section(
            "application", application_section, fold_application
        ),
        topics.DOCUMENTS_DOSSIERS: _section("dossier", dossier_section, fold_dossier),
        topics.CUSTOMER_REGISTRY_CUSTOMERS: _section("registry", registry_section, fold_registry),
        topics.CUSTOMER_REGISTRY_CREDIT: EventSource(
            kind=DocumentKind.PEOPLE,
            last_version=lambda person, stream_id: last_applied(person, stream_id)["version"],
            fold=_fold_credit,
            advance=advance_stream,
            last_event=_last_credit_event,
            changed_fields=CREDIT_SECTIONS,
            has_many_streams=True,
        ),
    }
)
"""By topic, without the deployment's prefix."""

"""Which topic feeds which section of a person's document.

The last applied version of a stream is in the section that the stream feeds, so that it changes
together with the section and an event is never applied twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Generic, Literal, TypeAlias, TypeGuard, TypeVar, cast

from vinculo.contracts import Facts, topics
from vinculo.contracts.customer_registry import RecordErased
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.person_document.application import application_section, fold_application
from vinculo.query_api.person_document.credit import (
    CREDIT_APPLICATIONS,
    LOANS,
    AnySnapshots,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource(Generic[Target]):
    """How the events of one topic are folded into documents of one kind.

    `last_version` gives the last applied version of the event's stream. In a gapless source
    versions rise by one, and `skip` raises the document's version without an event; in any other
    source older versions are ignored. `fold` raises pydantic.ValidationError when the personal part
    is not what the event's type promises, and has then changed nothing.
    """

    kind: DocumentKind
    last_version: Callable[[Target, ConsumedEvent | None], int]
    fold: Callable[[Target, ConsumedEvent, DecryptedPart], None]
    skip: Callable[[Target, int], None]
    gapless: bool = True
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

    def last_version(person: Person, _received: ConsumedEvent | None) -> int:
        section = person.get(name)
        return 0 if section is None else section["version"]

    def fold(person: Person, received: ConsumedEvent, decrypted: DecryptedPart) -> None:
        event = received.payload
        if event is None:
            return skip(person, received.version)
        fold_personal(person, event, decrypted)
        section = open_section(person)
        section["version"] = received.version
        fold_section(section, event)
        if isinstance(event, RecordErased):
            erase(person, event.erased_at)
        return None

    def skip(person: Person, version: int) -> None:
        open_section(person)["version"] = version

    return EventSource(kind=DocumentKind.PEOPLE, last_version=last_version, fold=fold, skip=skip)


def _credit_section(snapshots: AnySnapshots) -> EventSource[Person]:
    return EventSource(
        kind=DocumentKind.PEOPLE,
        last_version=snapshots.last_version,
        fold=snapshots.fold,
        skip=snapshots.skip,
        gapless=False,
    )


PERSON_SOURCES: Final[Mapping[str, EventSource[Person]]] = MappingProxyType(
    {
        topics.ONBOARDING_APPLICATIONS: _section(
            "application", application_section, fold_application
        ),
        topics.DOCUMENTS_DOSSIERS: _section("dossier", dossier_section, fold_dossier),
        topics.CUSTOMER_REGISTRY_CUSTOMERS: _section("registry", registry_section, fold_registry),
        topics.CREDIT_LOANS: _credit_section(LOANS),
        topics.CREDIT_APPLICATIONS: _credit_section(CREDIT_APPLICATIONS),
    }
)
"""By topic, without the deployment's prefix."""

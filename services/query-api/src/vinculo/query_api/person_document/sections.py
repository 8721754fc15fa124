"""Which topic feeds which section of a person's document.

The last applied version of a stream is in the section that the stream feeds, so that it changes
together with the section and an event is never applied twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from vinculo.contracts import Facts, topics
from vinculo.contracts.customer_registry import RecordErased
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.application import fold_application
from vinculo.query_api.person_document.credit import (
    CREDIT_APPLICATIONS,
    LOANS,
    CreditSnapshots,
)
from vinculo.query_api.person_document.dossier import fold_dossier
from vinculo.query_api.person_document.personal import DecryptedPart, erase, fold_personal
from vinculo.query_api.person_document.registry import fold_registry


class DocumentKind(StrEnum):
    """Kinds of documents in the read model; the values are fields of `CollectionNames`."""

    PEOPLE = "people"
    PAYERS = "payers"
    POLICIES = "policies"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """How the events of one topic are folded into documents of one kind.

    `last_version` gives the last applied version of the event's stream. In a gapless source
    versions rise by one, and `skip` raises the document's version without an event; in any other
    source older versions are ignored. `fold` raises pydantic.ValidationError when the personal part
    is not what the event's type promises, and has then changed nothing.
    """

    kind: DocumentKind
    last_version: Callable[[Document, ConsumedEvent | None], int]
    fold: Callable[[Document, ConsumedEvent, DecryptedPart], None]
    skip: Callable[[Document, int], None]
    gapless: bool = True
    in_timeline: bool = True


def _section(name: str, fold_section: Callable[[Document, Facts], None]) -> EventSource:
    """A section of a person's document, fed by one stream."""

    def last_version(document: Document, _received: ConsumedEvent | None) -> int:
        section = document.get(name)
        return 0 if section is None else int(section["version"])

    def fold(document: Document, received: ConsumedEvent, decrypted: DecryptedPart) -> None:
        event = received.payload
        if event is None:
            return skip(document, received.version)
        fold_personal(document, event, decrypted)
        skip(document, received.version)
        fold_section(document[name], event)
        if isinstance(event, RecordErased):
            erase(document, event.erased_at)
        return None

    def skip(document: Document, version: int) -> None:
        document.setdefault(name, {})["version"] = version

    return EventSource(kind=DocumentKind.PEOPLE, last_version=last_version, fold=fold, skip=skip)


def _credit_section(snapshots: CreditSnapshots) -> EventSource:
    return EventSource(
        kind=DocumentKind.PEOPLE,
        last_version=snapshots.last_version,
        fold=snapshots.fold,
        skip=snapshots.skip,
        gapless=False,
    )


PERSON_SOURCES: Final[Mapping[str, EventSource]] = MappingProxyType(
    {
        topics.ONBOARDING_APPLICATIONS: _section("application", fold_application),
        topics.DOCUMENTS_DOSSIERS: _section("dossier", fold_dossier),
        topics.CUSTOMER_REGISTRY_CUSTOMERS: _section("registry", fold_registry),
        topics.CREDIT_LOANS: _credit_section(LOANS),
        topics.CREDIT_APPLICATIONS: _credit_section(CREDIT_APPLICATIONS),
    }
)
"""By topic, without the deployment's prefix."""

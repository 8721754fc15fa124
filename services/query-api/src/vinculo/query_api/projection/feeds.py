"""Which topic goes into which document, and how that document knows what it has already.

Versions lie in the documents themselves, one per source stream, so that the guard changes with the
effect.
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
from vinculo.query_api.people.application import fold_application
from vinculo.query_api.people.dossier import fold_dossier
from vinculo.query_api.people.personal import Opened, erase, fold_personal
from vinculo.query_api.people.registry import fold_registry
from vinculo.query_api.projection.catalogues import fold_message, fold_policy
from vinculo.query_api.projection.credit_feeds import CREDIT_APPLICATIONS, LOANS, Reports
from vinculo.query_api.projection.payers import fold_payer


class Family(StrEnum):
    """Kinds of documents; the values are fields of `Collections`."""

    PEOPLE = "people"
    PAYERS = "payers"
    POLICIES = "policies"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """`applied` gives the last version of the event's stream that the document holds.

    A gapless feed's versions rise by one, and `skip` raises the document's version without an
    event; of another feed older versions are ignored. `fold` raises pydantic.ValidationError when
    the personal part is not what the type promises, and has then changed nothing.
    """

    family: Family
    applied: Callable[[Document, ConsumedEvent | None], int]
    fold: Callable[[Document, ConsumedEvent, Opened], None]
    skip: Callable[[Document, int], None]
    gapless: bool = True
    in_timeline: bool = True


def _part(name: str, fold_part: Callable[[Document, Facts], None]) -> Feed:
    """A part of a person's document, fed by one stream."""

    def applied(document: Document, _received: ConsumedEvent | None) -> int:
        part = document.get(name)
        return 0 if part is None else int(part["version"])

    def fold(document: Document, received: ConsumedEvent, opened: Opened) -> None:
        event = received.payload
        if event is None:
            return skip(document, received.version)
        fold_personal(document, event, opened)
        skip(document, received.version)
        fold_part(document[name], event)
        if isinstance(event, RecordErased):
            erase(document, event.erased_at)
        return None

    def skip(document: Document, version: int) -> None:
        document.setdefault(name, {})["version"] = version

    return Feed(
        family=Family.PEOPLE,
        applied=applied,
        fold=fold,
        skip=skip,
    )


def _whole(
    family: Family, fold_whole: Callable[[Document, Facts], None], *, in_timeline: bool
) -> Feed:
    """A document of its own, fed by one stream."""

    def applied(document: Document, _received: ConsumedEvent | None) -> int:
        return int(document.get("version", 0))

    def fold(document: Document, received: ConsumedEvent, _opened: Opened) -> None:
        skip(document, received.version)
        if family is Family.MESSAGES:
            document["person_id"] = received.subject
        if received.payload is not None:
            fold_whole(document, received.payload)

    def skip(document: Document, version: int) -> None:
        document["version"] = version

    return Feed(
        family=family,
        applied=applied,
        fold=fold,
        skip=skip,
        in_timeline=in_timeline,
    )


def _reports(reports: Reports) -> Feed:
    """What credit systems report of one kind of things, in the person's document."""
    return Feed(
        family=Family.PEOPLE,
        applied=reports.applied,
        fold=reports.fold,
        skip=reports.skip,
        gapless=False,
    )


FEEDS: Final[Mapping[str, Feed]] = MappingProxyType(
    {
        topics.ONBOARDING_APPLICATIONS: _part("application", fold_application),
        topics.DOCUMENTS_DOSSIERS: _part("dossier", fold_dossier),
        topics.CUSTOMER_REGISTRY_CUSTOMERS: _part("registry", fold_registry),
        topics.CREDIT_LOANS: _reports(LOANS),
        topics.CREDIT_APPLICATIONS: _reports(CREDIT_APPLICATIONS),
        topics.NOTIFICATIONS_MESSAGES: _whole(Family.MESSAGES, fold_message, in_timeline=True),
        topics.ONBOARDING_PAYERS: _whole(Family.PAYERS, fold_payer, in_timeline=False),
        topics.CUSTOMER_REGISTRY_POLICIES: _whole(Family.POLICIES, fold_policy, in_timeline=False),
    }
)
"""By topic, without the prefix."""

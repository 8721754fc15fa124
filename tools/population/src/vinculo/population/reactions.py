"""What the other services do about an event of one service, by their own reactions.

As in the running system, they read the event as its contract model.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

import orjson

from vinculo.contracts import Facts, parse, topics
from vinculo.customer_registry.consumers.reactions import completion_time, facts_from
from vinculo.customer_registry.evaluation.facts import Fact
from vinculo.documents.consumers.reactions import dossier_command
from vinculo.documents.domain.dossier_decisions import OpenDossier
from vinculo.documents.domain.requirement_set import RequirementSets
from vinculo.eventstore import StoredEvent
from vinculo.messaging import ConsumedEvent
from vinculo.notifications.consumers.reactions import trigger_of
from vinculo.notifications.domain.message import NotificationTrigger, Template
from vinculo.onboarding.consumers.reactions import application_command
from vinculo.onboarding.domain.application_decisions import ApplicationCommand

CONSUMED_TOPICS: Final[Mapping[str, str]] = {
    "application": topics.ONBOARDING_APPLICATIONS,
    "dossier": topics.DOCUMENTS_DOSSIERS,
    "customer": topics.CUSTOMER_REGISTRY_CUSTOMERS,
}
"""By category of streams."""
SENT_TEMPLATES: Final = frozenset({Template.ACTIVATION})
"""The other messages are left out, so that measurements spend their time on many people."""
Service: TypeAlias = Literal["onboarding", "documents", "customer-registry", "notifications"]
REACTING_SERVICES: Final[Mapping[str, AbstractSet[Service]]] = {
    "application-started.v1": frozenset({"documents", "customer-registry"}),
    "activation-link-issued.v1": frozenset({"notifications"}),
    "email-verified.v2": frozenset({"customer-registry"}),
    "employment-declared.v1": frozenset({"customer-registry"}),
    "application-completed.v1": frozenset({"customer-registry"}),
    "dossier-submitted.v1": frozenset({"onboarding", "customer-registry"}),
    "dossier-accepted.v1": frozenset({"customer-registry"}),
    "dossier-reopened.v1": frozenset({"onboarding", "customer-registry"}),
    "record-disabled.v1": frozenset({"onboarding"}),
    "record-erased.v1": frozenset({"onboarding"}),
}
"""By type of events; no other type leads to anything. A test compares it with the reactions of all
services to all events, which would take a quarter more time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactions:
    """`facts` and `completed_at` are what the registry learns."""

    application: ApplicationCommand | None
    dossier: OpenDossier | None
    message: NotificationTrigger | None
    facts: Mapping[str, Fact]
    completed_at: datetime | None


def reactions_to(
    event: StoredEvent,
    topic: str,
    requirement_sets: RequirementSets,
    services: AbstractSet[Service],
) -> Reactions:
    """The reactions of these services."""
    value = orjson.dumps(event.data)
    payload = parse(topic, event.type, value)
    application = dossier = message = completed_at = None
    facts: Mapping[str, Fact] = {}
    if "onboarding" in services:
        application = application_command(payload)
    if "documents" in services:
        dossier = dossier_command(payload, requirement_sets)
    if "customer-registry" in services:
        facts = facts_from(_consumed(event, topic, value, payload))
        completed_at = completion_time(payload)
    if "notifications" in services:
        trigger = trigger_of(payload, event_id=event.event_id, person_id=event.subject)
        if trigger is not None and trigger.template in SENT_TEMPLATES:
            message = trigger
    return Reactions(
        application=application,
        dossier=dossier,
        message=message,
        facts=facts,
        completed_at=completed_at,
    )


def _consumed(event: StoredEvent, topic: str, value: bytes, payload: Facts | None) -> ConsumedEvent:
    """The event as a consumer gets it."""
    return ConsumedEvent(
        topic=topic,
        partition=0,
        offset=0,
        event_id=event.event_id,
        type=event.type,
        source="",
        subject=event.subject,
        stream_id=event.stream_id,
        version=event.version,
        time=event.recorded_at,
        meta=event.meta,
        value=value,
        payload=payload,
        raw=None,
    )

"""Events that concern no single person: payers and promotion policies."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID, uuid5

from vinculo.customer_registry.domain.policy import PublishPolicy
from vinculo.customer_registry.storage.streams import POLICIES, policy_stream
from vinculo.events import Meta
from vinculo.eventstore import Category, StoredEvent
from vinculo.onboarding.domain.payer import PayerDetails
from vinculo.onboarding.domain.payer_decisions import RegisterPayer
from vinculo.population.installation import Installation
from vinculo.population.person_generator import REGISTRATION_PERIOD, PopulationSpec, payer_id
from vinculo.population.registry_steps import OPERATOR
from vinculo.simulation.payers import payers

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")

LEAD_TIME: Final = timedelta(days=30)


def catalogue_events(installation: Installation, spec: PopulationSpec) -> Iterator[StoredEvent]:
    """All happen a month before the first registration."""
    now = spec.until - REGISTRATION_PERIOD - LEAD_TIME
    for payer in payers():
        details = PayerDetails(name=payer.name, tax_id=payer.tax_id)
        registered = RegisterPayer(details=details, registered_by=OPERATOR, now=now)
        yield from _new_stream(installation.payers, payer_id(payer), registered, now)
    for project, policy in installation.policies.items():
        published = PublishPolicy(
            project=project,
            policy=policy.policy,
            requirements=policy.requirements,
            by=None,
            now=now,
        )
        yield from _new_stream(POLICIES, policy_stream(project), published, now)


def _new_stream(
    category: Category[Command, State, Event], stream: UUID, command: Command, now: datetime
) -> Iterator[StoredEvent]:
    """The events of a stream's first command."""
    events = category.decider.decide(command, category.decider.initial)
    for version, event in enumerate(events, 1):
        encoded = category.codec.encode(event)
        if encoded.personal is not None:
            raise TypeError(f"{encoded.type} has a personal part, but concerns no person")
        yield StoredEvent(
            event_id=uuid5(stream, encoded.type),
            stream_id=category.stream_id(stream),
            subject=stream,
            version=version,
            type=encoded.type,
            data=encoded.data,
            personal=None,
            meta=Meta(correlation_id=str(stream)),
            recorded_at=now,
        )

"""What the registry learns from other services and credit systems, and of its own erasures."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.contracts import onboarding, parser, topics
from vinculo.contracts.credit import Loan
from vinculo.contracts.customer_registry import RecordErased
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.erasures import destroy_key
from vinculo.customer_registry.application.reevaluation import reevaluate
from vinculo.customer_registry.consumers.reactions import completion_time, facts_from
from vinculo.customer_registry.domain.customer_decisions import (
    ActivatePreCustomer,
    CustomerCommand,
    RegisterPreCustomer,
)
from vinculo.customer_registry.domain.customer_refusals import CustomerRefused
from vinculo.customer_registry.evaluation.facts import ClearFact
from vinculo.customer_registry.storage.erasures import record_account_swept
from vinculo.customer_registry.storage.loans import count_active_loans, save_loan
from vinculo.customer_registry.storage.people import (
    Person,
    lock_or_insert_person,
    next_registration_number,
)
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Meta
from vinculo.eventstore import execute
from vinculo.messaging import ConsumedEvent, Consumer, PoisonMessage, TopicSource

GROUP = "customer-registry"
LONGEST_LOAN_ID = 200
LAST_LOAN_VERSION = 2**31 - 1

Learn = Callable[[RegistryDependencies, AsyncConnection, Person, ConsumedEvent], Awaitable[Person]]


def registry_consumer(
    registry: RegistryDependencies,
    engine: AsyncEngine,
    *,
    kafka: str,
    prefix: str,
    session_timeout_ms: int,
) -> Consumer:
    def source(topic: str) -> TopicSource:
        return TopicSource(f"{prefix}{topic}", parser(topic))

    async def apply(connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        await ingest(registry, connection, events)

    return Consumer(
        group=f"{prefix}{GROUP}",
        sources=[
            source(topics.ONBOARDING_APPLICATIONS),
            source(topics.DOCUMENTS_DOSSIERS),
            source(topics.CUSTOMER_REGISTRY_CUSTOMERS),
            TopicSource(
                f"{prefix}{topics.CREDIT_LOANS}",
                parser(topics.CREDIT_LOANS),
                gapless=False,
                position=loan_position,
            ),
        ],
        engine=engine,
        apply=apply,
        kafka=kafka,
        session_timeout_ms=session_timeout_ms,
    )


def loan_position(event: ConsumedEvent) -> tuple[str, int]:
    """Outsiders number the reports of each loan, not of each person.

    What no column can hold is broken: as a fault it would be tried again for ever.
    """
    loan_id, loan_version = event.data.get("loan_id"), event.data.get("loan_version")
    if not isinstance(loan_id, str) or not 1 <= len(loan_id) <= LONGEST_LOAN_ID:
        raise PoisonMessage("loan_id: not a text of 1 to 200 characters")
    if type(loan_version) is not int or not 1 <= loan_version <= LAST_LOAN_VERSION:
        raise PoisonMessage("loan_version: not a whole number from 1 to 2147483647")
    position = f"{event.source}|{loan_id}"
    if "\x00" in position:
        raise PoisonMessage("loan_id: holds a NUL character")
    return position, loan_version


async def ingest(
    registry: RegistryDependencies, connection: AsyncConnection, events: Sequence[ConsumedEvent]
) -> None:
    """Take in consecutive events of one stream, then hold the person against the policy once.

    The stream of an event that the record refuses is quarantined: trying again would not help.
    """
    concerning = [event for event in events if _learning(event) is not None]
    if not concerning:
        return
    person = await lock_or_insert_person(connection, concerning[0].subject)
    for event in concerning:
        learn = _learning(event)
        if learn is not None and (person.erased_at is None or learn is _note_account_swept):
            try:
                person = await learn(registry, connection, person, event)
            except CustomerRefused as refusal:
                raise PoisonMessage(f"refused: {type(refusal).__name__}") from refusal
    await reevaluate(registry, connection, person, _meta(concerning[-1]))


def _learning(event: ConsumedEvent) -> Learn | None:
    return next(
        (learn for kind, learn in _LEARNING.items() if isinstance(event.payload, kind)),
        _learn_facts if facts_from(event) else None,
    )


async def _register(
    registry: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    started: onboarding.ApplicationStarted = event.payload
    command = RegisterPreCustomer(
        registration_number=await next_registration_number(connection),
        project=started.project,
        registered_at=started.started_at,
    )
    await _execute(registry, connection, command, event)
    person = replace(person, project=started.project)
    return await _learn_facts(registry, connection, person, event)


async def _activate(
    registry: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    verified: onboarding.EmailVerified = event.payload
    await _execute(registry, connection, ActivatePreCustomer(now=verified.verified_at), event)
    return await _learn_facts(registry, connection, person, event)


async def _learn_facts(
    _registry: RegistryDependencies,
    _connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    return replace(
        person,
        facts={**person.facts, **facts_from(event)},
        completed_at=completion_time(event.payload) or person.completed_at,
    )


async def _learn_loan(
    _registry: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    """Keep it also of a person not known yet: it counts when the person appears."""
    loan: Loan = event.payload
    await save_loan(
        connection,
        person_id=person.person_id,
        source=event.source,
        loan_id=loan.loan_id,
        loan_version=loan.loan_version,
        status=loan.status.value,
        reported_at=loan.reported_at,
    )
    active = await count_active_loans(connection, person.person_id)
    return replace(
        person, facts={**person.facts, "active_loans": ClearFact(active, event.event_id)}
    )


async def _note_account_swept(
    _registry: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    swept: onboarding.ApplicantErased = event.payload
    await record_account_swept(connection, person.person_id, swept.erased_at)
    return person


async def _destroy_key(
    registry: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    erased: RecordErased = event.payload
    return await destroy_key(registry, connection, person, erased.erased_at)


_LEARNING: Mapping[type[object], Learn] = {
    onboarding.ApplicationStarted: _register,
    onboarding.EmailVerified: _activate,
    onboarding.ApplicantErased: _note_account_swept,
    RecordErased: _destroy_key,
    Loan: _learn_loan,
}


async def _execute(
    registry: RegistryDependencies,
    connection: AsyncConnection,
    command: CustomerCommand,
    event: ConsumedEvent,
) -> None:
    await execute(
        registry.store,
        CUSTOMERS,
        event.subject,
        command,
        meta=_meta(event),
        connection=connection,
    )


def _meta(event: ConsumedEvent) -> Meta:
    return Meta(
        correlation_id=event.meta.correlation_id,
        causation_id=event.event_id,
        traceparent=event.meta.traceparent,
    )

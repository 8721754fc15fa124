"""Applies the events of other services, of credit systems and of the registry's own erasures."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.contracts import event_types, onboarding, parser, topics, types_of
from vinculo.contracts.credit import Loan
from vinculo.contracts.customer_registry import RecordErased
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.erasures import destroy_key
from vinculo.customer_registry.application.reevaluation import is_activated, reevaluate
from vinculo.customer_registry.consumers.reactions import (
    RELEVANT_EVENTS,
    SUBMISSION_FACTS,
    completion_time,
    facts_from,
)
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
from vinculo.messaging import (
    ConsumedEvent,
    Consumer,
    PoisonMessage,
    PostgresCheckpoints,
    TopicSource,
)

GROUP: Final = "customer-registry"
MAX_LOAN_ID_LENGTH: Final = 200
MAX_LOAN_VERSION: Final = 2**31 - 1

EventHandler: TypeAlias = Callable[
    [RegistryDependencies, AsyncConnection, Person, ConsumedEvent], Awaitable[Person]
]
"""Applies an event to the locked person, and returns the person as it is afterwards."""


def registry_consumer(
    dependencies: RegistryDependencies,
    engine: AsyncEngine,
    *,
    kafka: str,
    prefix: str,
    session_timeout_ms: int,
) -> Consumer:
    def source(topic: str) -> TopicSource:
        return TopicSource(
            f"{prefix}{topic}",
            parser(topic),
            known_types=event_types(topic),
            relevant_types=types_of(topic, RELEVANT_EVENTS),
        )

    async def apply(connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        await ingest(dependencies, connection, events)

    group = f"{prefix}{GROUP}"
    return Consumer(
        group=group,
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
        checkpoints=PostgresCheckpoints(engine, group, apply),
        kafka=kafka,
        session_timeout_ms=session_timeout_ms,
    )


def loan_position(event: ConsumedEvent) -> tuple[str, int]:
    """Stream and version of a loan's report: credit systems number the reports of each loan.

    A value that no column can store is poison; as a technical fault it would be retried without
    end.

    Raises:
        PoisonMessage: the loan has no usable id or version.

    """
    loan_id, loan_version = event.data.get("loan_id"), event.data.get("loan_version")
    if not isinstance(loan_id, str) or not 1 <= len(loan_id) <= MAX_LOAN_ID_LENGTH:
        raise PoisonMessage("loan_id: not a text of 1 to 200 characters")
    if type(loan_version) is not int or not 1 <= loan_version <= MAX_LOAN_VERSION:
        raise PoisonMessage("loan_version: not a whole number from 1 to 2147483647")
    position = f"{event.source}|{loan_id}"
    if "\x00" in position:
        raise PoisonMessage("loan_id: contains a NUL character")
    return position, loan_version


async def ingest(
    dependencies: RegistryDependencies, connection: AsyncConnection, events: Sequence[ConsumedEvent]
) -> None:
    """Apply consecutive events of one stream, then re-evaluate the person once.

    Raises:
        PoisonMessage: the record refuses an event, which a retry would not change.

    """
    relevant = [event for event in events if _handler_for(event) is not None]
    if not relevant:
        return
    person = await lock_or_insert_person(connection, relevant[0].subject)
    for event in relevant:
        handle = _handler_for(event)
        if handle is not None and (person.erased_at is None or handle is _record_account_swept):
            try:
                person = await handle(dependencies, connection, person, event)
            except CustomerRefused as refusal:
                raise PoisonMessage(f"refused: {type(refusal).__name__}") from refusal
    await reevaluate(dependencies, connection, person, _meta(relevant[-1]))


def _handler_for(event: ConsumedEvent) -> EventHandler | None:
    return next(
        (handler for kind, handler in _HANDLERS.items() if isinstance(event.payload, kind)),
        _record_facts if facts_from(event) else None,
    )


async def _register(
    dependencies: RegistryDependencies,
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
    await _execute(dependencies, connection, command, event)
    person = replace(person, project=started.project)
    return await _record_facts(dependencies, connection, person, event)


async def _activate(
    dependencies: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    verified: onboarding.EmailVerified = event.payload
    if not isinstance(verified, onboarding.EmailVerifiedV2):
        command = ActivatePreCustomer(now=verified.verified_at)
        await _execute(dependencies, connection, command, event)
        return await _record_facts(dependencies, connection, person, event)
    command = ActivatePreCustomer(project=verified.project, now=verified.verified_at)
    await _execute(dependencies, connection, command, event)
    return _with_submission(person, event, verified.project)


async def _receive_submission(
    _dependencies: RegistryDependencies,
    _connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    """The newest submission counts until one is activated; after that it is another human's."""
    received: onboarding.SubmissionReceived = event.payload
    if is_activated(person):
        return person
    return _with_submission(person, event, received.project)


def _with_submission(person: Person, event: ConsumedEvent, project: str) -> Person:
    """The person as the submission states it, and nothing of what an earlier one stated."""
    others = {name: fact for name, fact in person.facts.items() if name not in SUBMISSION_FACTS}
    return replace(
        person,
        project=project,
        facts=others | facts_from(event),
        evaluated_version=person.evaluated_version if project == person.project else 0,
    )


async def _record_link(
    _dependencies: RegistryDependencies,
    _connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    issued: onboarding.ActivationLinkIssued = event.payload
    latest = max(issued.issued_at, person.last_link_issued_at or issued.issued_at)
    return replace(person, last_link_issued_at=latest)


async def _record_facts(
    _dependencies: RegistryDependencies,
    _connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    return replace(
        person,
        facts={**person.facts, **facts_from(event)},
        completed_at=completion_time(event.payload) or person.completed_at,
    )


async def _record_loan(
    _dependencies: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    """Save the report also of a person not known yet: it counts when the application arrives."""
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


async def _record_account_swept(
    _dependencies: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    erased: onboarding.ApplicantErased = event.payload
    await record_account_swept(connection, person.person_id, erased.erased_at)
    return person


async def _destroy_key(
    dependencies: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    erased: RecordErased = event.payload
    return await destroy_key(dependencies, connection, person, erased.erased_at, _meta(event))


_HANDLERS: Final[Mapping[type[object], EventHandler]] = {
    onboarding.ApplicationStarted: _register,
    onboarding.SubmissionReceived: _receive_submission,
    onboarding.ActivationLinkIssued: _record_link,
    onboarding.EmailVerified: _activate,
    onboarding.ApplicantErased: _record_account_swept,
    RecordErased: _destroy_key,
    Loan: _record_loan,
}


async def _execute(
    dependencies: RegistryDependencies,
    connection: AsyncConnection,
    command: CustomerCommand,
    event: ConsumedEvent,
) -> None:
    await execute(
        dependencies.store,
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

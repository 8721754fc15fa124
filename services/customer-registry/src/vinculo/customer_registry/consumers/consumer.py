"""Applies the events of other services and of the registry's own erasures."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.contracts import document_claims, event_types, onboarding, parser, topics, types_of
from vinculo.contracts.customer_registry import RecordErased
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.erasures import destroy_key
from vinculo.customer_registry.application.reevaluation import is_activated, reevaluate
from vinculo.customer_registry.application.repeated_erasures import repeat_erasure
from vinculo.customer_registry.application.revocations import revoke_access
from vinculo.customer_registry.consumers.reactions import (
    RELEVANT_EVENTS,
    SUBMISSION_FACTS,
    completion_time,
    facts_from,
)
from vinculo.customer_registry.domain.customer import NotRegistered
from vinculo.customer_registry.domain.customer_decisions import (
    ActivatePreCustomer,
    CustomerCommand,
    RegisterPreCustomer,
)
from vinculo.customer_registry.domain.customer_refusals import CustomerRefused
from vinculo.customer_registry.domain.revocation import revocations
from vinculo.customer_registry.domain.status_transitions import BlockDisputedIdentity
from vinculo.customer_registry.storage.erasures import record_account_swept
from vinculo.customer_registry.storage.people import (
    Person,
    lock_or_insert_person,
    next_registration_number,
)
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Meta
from vinculo.eventstore import execute, load
from vinculo.messaging import (
    ConsumedEvent,
    Consumer,
    PoisonMessage,
    PostgresCheckpoints,
    TopicSource,
)
from vinculo.privacy import KeyMissing

GROUP: Final = "customer-registry"

EventHandler: TypeAlias = Callable[
    [RegistryDependencies, AsyncConnection, Person, ConsumedEvent], Awaitable[Person]
]
"""Applies an event to the locked person, and returns the person as it is afterwards."""


class HolderNotRegisteredYetError(Exception):
    """The claim arrived before the holder's application, from another topic: try again."""


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
            source(topics.ONBOARDING_DOCUMENT_CLAIMS),
            source(topics.DOCUMENTS_DOSSIERS),
            source(topics.CUSTOMER_REGISTRY_CUSTOMERS),
        ],
        checkpoints=PostgresCheckpoints(engine, group, apply),
        kafka=kafka,
        session_timeout_ms=session_timeout_ms,
    )


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
    if await _is_erased(dependencies, person):
        # Erased after the backup from which the registry was restored.
        await repeat_erasure(dependencies, connection, person.person_id, _meta(event))
    person = replace(person, project=started.project)
    return await _record_facts(dependencies, connection, person, event)


async def _is_erased(dependencies: RegistryDependencies, person: Person) -> bool:
    try:
        return await dependencies.keys.is_destroyed(person.person_id)
    except KeyMissing:
        return False


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


async def _block_disputed_identity(
    dependencies: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    event: ConsumedEvent,
) -> Person:
    granted: document_claims.DocumentClaimGranted = event.payload
    store, person_id = dependencies.store, person.person_id
    before = await load(store, CUSTOMERS, person_id, connection=connection)
    if isinstance(before.state, NotRegistered):
        raise HolderNotRegisteredYetError
    result = await execute(
        store,
        CUSTOMERS,
        person_id,
        BlockDisputedIdentity(by=granted.granted_by, now=granted.granted_at),
        meta=_meta(event),
        loaded=before,
        connection=connection,
    )
    revoked = revocations(before.state, result.events)
    await revoke_access(dependencies, connection, person_id, revoked, _meta(event))
    return person


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
    document_claims.DocumentClaimGranted: _block_disputed_identity,
    onboarding.ApplicantErased: _record_account_swept,
    RecordErased: _destroy_key,
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

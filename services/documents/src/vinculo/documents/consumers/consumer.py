"""What the documents service listens to: applications, for dossiers; records, for access."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.contracts import parser, topics
from vinculo.documents.consumers.reactions import (
    ErasureLearned,
    StatusLearned,
    access_learned,
    dossier_command,
)
from vinculo.documents.domain.requirement_set import RequirementSets
from vinculo.documents.storage.dossiers import DOSSIERS
from vinculo.documents.storage.person_access import close_erased, keep_status, know_person
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.messaging import ConsumedEvent, Consumer, TopicSource

GROUP = "documents"


def documents_consumer(
    store: PostgresEventStore,
    requirements: RequirementSets,
    *,
    kafka: str,
    prefix: str,
    session_timeout_ms: int,
) -> Consumer:
    async def apply(connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        for received in events:
            await open_dossier(connection, store, requirements, received)
            await learn_access(connection, received)

    return Consumer(
        group=f"{prefix}{GROUP}",
        sources=[
            TopicSource(f"{prefix}{topic}", parser(topic))
            for topic in (topics.ONBOARDING_APPLICATIONS, topics.CUSTOMER_REGISTRY_CUSTOMERS)
        ],
        engine=store.engine,
        apply=apply,
        kafka=kafka,
        session_timeout_ms=session_timeout_ms,
    )


async def open_dossier(
    connection: AsyncConnection,
    store: PostgresEventStore,
    requirements: RequirementSets,
    received: ConsumedEvent,
) -> None:
    command = dossier_command(received.payload, requirements)
    if command is None:
        return
    await execute(
        store,
        DOSSIERS,
        received.subject,
        command,
        meta=replace(received.meta, causation_id=received.event_id),
        connection=connection,
    )
    await know_person(connection, received.subject)


async def learn_access(connection: AsyncConnection, received: ConsumedEvent) -> None:
    match access_learned(received.payload):
        case StatusLearned(status=status):
            await keep_status(connection, received.subject, status)
        case ErasureLearned(erased_at=erased_at):
            await close_erased(connection, received.subject, erased_at)
        case None:
            return

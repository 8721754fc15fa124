"""Consumes applications, to open dossiers, customer records, to update access, and claims."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.contracts import event_types, parser, topics, types_of
from vinculo.documents.consumers.reactions import (
    RELEVANT_EVENTS,
    ClaimEnd,
    ClaimOpening,
    Erasure,
    StatusChange,
    access_change,
    claim_change,
    dossier_command,
)
from vinculo.documents.domain.requirement_set import RequirementSets
from vinculo.documents.storage.claims import (
    Claim,
    end_claims_against,
    record_claim,
    record_claim_end,
)
from vinculo.documents.storage.person_access import record_erasure, record_person, record_status
from vinculo.documents.storage.streams import DOSSIERS
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.messaging import ConsumedEvent, Consumer, PostgresCheckpoints, TopicSource

GROUP: Final = "documents"
TOPICS: Final = (
    topics.ONBOARDING_APPLICATIONS,
    topics.ONBOARDING_DOCUMENT_CLAIMS,
    topics.CUSTOMER_REGISTRY_CUSTOMERS,
)


def documents_consumer(
    store: PostgresEventStore,
    requirements: RequirementSets,
    *,
    kafka: str,
    prefix: str,
    session_timeout_ms: int,
) -> Consumer:
    async def apply(connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        for event in events:
            await _open_dossier(connection, store, requirements, event)
            await _update_access(connection, event)
            await _update_claim(connection, event)

    group = f"{prefix}{GROUP}"
    return Consumer(
        group=group,
        sources=[
            TopicSource(
                f"{prefix}{topic}",
                parser(topic),
                known_types=event_types(topic),
                relevant_types=types_of(topic, RELEVANT_EVENTS),
            )
            for topic in TOPICS
        ],
        checkpoints=PostgresCheckpoints(store.engine, group, apply),
        kafka=kafka,
        session_timeout_ms=session_timeout_ms,
    )


async def _open_dossier(
    connection: AsyncConnection,
    store: PostgresEventStore,
    requirements: RequirementSets,
    event: ConsumedEvent,
) -> None:
    command = dossier_command(event.payload, requirements)
    if command is None:
        return
    await execute(
        store,
        DOSSIERS,
        event.subject,
        command,
        meta=replace(event.meta, causation_id=event.event_id),
        connection=connection,
    )
    await record_person(connection, event.subject)


async def _update_access(connection: AsyncConnection, event: ConsumedEvent) -> None:
    match access_change(event.payload):
        case StatusChange(status=status):
            await record_status(connection, event.subject, status)
        case Erasure(erased_at=erased_at):
            await record_erasure(connection, event.subject, erased_at)
            await end_claims_against(connection, event.subject, erased_at)
        case None:
            return


async def _update_claim(connection: AsyncConnection, event: ConsumedEvent) -> None:
    match claim_change(event.payload):
        case ClaimOpening(claim_id=claim_id, expires_at=expires_at):
            claim = Claim(claim_id=claim_id, holder=event.subject, expires_at=expires_at)
            await record_claim(connection, claim)
        case ClaimEnd(claim_id=claim_id, ended_at=ended_at):
            await record_claim_end(connection, claim_id, ended_at)
        case None:
            return

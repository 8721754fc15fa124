"""The consumer of the events of documents, registry and notifications."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.contracts import event_types, parser, topics, types_of
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.messaging import ConsumedEvent, Consumer, PostgresCheckpoints, TopicSource
from vinculo.onboarding.application.sessions import end_sessions
from vinculo.onboarding.consumers.reactions import (
    RELEVANT_EVENTS,
    account_change,
    application_command,
    is_erasure,
    registry_version,
    role_change,
    undeliverable_invitation,
)
from vinculo.onboarding.domain.document_claim import ExpireClaim
from vinculo.onboarding.domain.submission import SubmissionDropped
from vinculo.onboarding.storage.accounts import BLOCKED, delete_account, update_account
from vinculo.onboarding.storage.document_claims import open_claims_to_documents_of
from vinculo.onboarding.storage.identity_reservations import lock_reservations_of
from vinculo.onboarding.storage.staff import mark_link_undeliverable
from vinculo.onboarding.storage.streams import SERVICE, ApplicationCategory, ClaimCategory
from vinculo.onboarding.storage.submissions import discard_submission
from vinculo.privacy import KeyRing

CONSUMED_TOPICS: Final = (
    topics.DOCUMENTS_DOSSIERS,
    topics.CUSTOMER_REGISTRY_CUSTOMERS,
    topics.NOTIFICATIONS_MESSAGES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationConsumer:
    store: PostgresEventStore
    applications: ApplicationCategory
    claims: ClaimCategory
    keyring: KeyRing

    async def apply(self, connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        for event in events:
            await self._apply(connection, event)

    async def _apply(self, connection: AsyncConnection, event: ConsumedEvent) -> None:
        if (link_id := undeliverable_invitation(event.payload)) is not None:
            await mark_link_undeliverable(connection, link_id, event.payload.failed_at)
            return
        await self._execute_command(connection, event)
        await self._update_account(connection, event)

    async def _execute_command(self, connection: AsyncConnection, event: ConsumedEvent) -> None:
        command = application_command(event.payload)
        if command is not None:
            await lock_reservations_of(connection, event.subject)
            result = await execute(
                self.store,
                self.applications,
                event.subject,
                command,
                meta=replace(event.meta, causation_id=event.event_id, actor=None),
                connection=connection,
            )
            for appended in result.events:
                if isinstance(appended, SubmissionDropped):
                    await discard_submission(connection, appended.submission_id)

    async def _update_account(self, connection: AsyncConnection, event: ConsumedEvent) -> None:
        change, role = account_change(event.payload), role_change(event.payload)
        columns: dict[str, str | int | UUID | None] = {}
        if change is not None:
            columns |= change.columns()
        if role is not None:
            columns["internal_role"] = role.internal_role
        if (version := registry_version(event.payload)) is not None:
            columns["registry_version"] = version
        if columns:
            await update_account(connection, event.subject, **columns)
        is_blocked = change is not None and change.status == BLOCKED
        is_revoked = role is not None and role.internal_role is None
        if is_blocked or is_revoked or is_erasure(event.payload):
            await end_sessions(self.store, connection, event.subject)
        if is_erasure(event.payload):
            await self._expire_claims(connection, event)
            await delete_account(connection, event.subject)
            self.keyring.forget(event.subject)

    async def _expire_claims(self, connection: AsyncConnection, event: ConsumedEvent) -> None:
        """The erasure frees the document, which the claimants can register then."""
        for claim in await open_claims_to_documents_of(connection, event.subject):
            await execute(
                self.store,
                self.claims,
                claim.claim_id,
                ExpireClaim(holder_erased=True, now=event.payload.erased_at),
                subject=event.subject,
                meta=replace(event.meta, causation_id=event.event_id, actor=None),
                connection=connection,
            )


def onboarding_consumer(
    application_consumer: ApplicationConsumer,
    *,
    kafka: str,
    topic_prefix: str,
    session_timeout_ms: int,
) -> Consumer:
    group = f"{topic_prefix}{SERVICE}"
    return Consumer(
        group=group,
        sources=[
            TopicSource(
                f"{topic_prefix}{topic}",
                parser(topic),
                known_types=event_types(topic),
                relevant_types=types_of(topic, RELEVANT_EVENTS),
            )
            for topic in CONSUMED_TOPICS
        ],
        checkpoints=PostgresCheckpoints(
            application_consumer.store.engine, group, application_consumer.apply
        ),
        kafka=kafka,
        session_timeout_ms=session_timeout_ms,
    )

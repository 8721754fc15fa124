"""Publishes which access tokens a change of a record revokes, in the transaction of the change."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.domain.revocation import RevocationEvent, Revoke
from vinculo.customer_registry.storage.streams import REVOCATIONS
from vinculo.events import Meta, untracked_position
from vinculo.eventstore import execute


async def revoke_access(
    dependencies: RegistryDependencies,
    connection: AsyncConnection,
    person_id: UUID,
    revocations: Sequence[RevocationEvent],
    meta: Meta,
) -> None:
    """Append the revocations, if any. The caller holds the lock of the person's row."""
    if not revocations:
        return
    with untracked_position():
        await execute(
            dependencies.store,
            REVOCATIONS,
            person_id,
            Revoke(revocations=tuple(revocations)),
            meta=meta,
            connection=connection,
        )

"""The registry's word that it waits no longer, as the worker would take it in."""

from uuid import UUID

from vinculo.eventstore import execute
from vinculo.onboarding.domain.activation_decisions import LapseApplication
from vinculo.onboarding.storage.accounts import update_account
from vinculo.onboarding.storage.streams import application_category

from .service_under_test import Service


async def lapse(service: Service, person_id: UUID) -> None:
    async with service.dependencies.store.transaction() as connection:
        await execute(
            service.dependencies.store,
            application_category(),
            person_id,
            LapseApplication(lapsed_at=service.clock()),
            connection=connection,
        )
        await update_account(connection, person_id, status="disabled")

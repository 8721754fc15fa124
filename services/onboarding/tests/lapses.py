"""The registry's word that it waits no longer, as the worker would take it in."""

from uuid import UUID

from vinculo.eventstore import execute
from vinculo.onboarding.accounts.accounts import change_account
from vinculo.onboarding.categories import application_category
from vinculo.onboarding.domain.activation_decisions import LapseApplication

from .service_under_test import Service


async def lapse(service: Service, person_id: UUID) -> None:
    async with service.using.store.transaction() as connection:
        await execute(
            service.using.store,
            application_category(),
            person_id,
            LapseApplication(lapsed_at=service.clock()),
            connection=connection,
        )
        await change_account(connection, person_id, status="disabled")

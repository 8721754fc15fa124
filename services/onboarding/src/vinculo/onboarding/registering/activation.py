"""Activating an account by its e-mailed link."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import Category, CommandResult, PostgresEventStore, execute
from vinculo.onboarding.domain.activation_decisions import NoSuchApplication, VerifyEmail
from vinculo.onboarding.domain.application import (
    Application,
    ApplicationEvent,
)
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.storage.accounts import (
    BLOCKED,
    find_account,
    person_of_link,
    update_account,
)
from vinculo.privacy import link_token


class LinkUnknown(Exception):
    """There is no such link, its token is wrong, or its owner is gone or blocked: all alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activator:
    store: PostgresEventStore
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    link_key: bytes
    clock: Callable[[], datetime]

    async def activate(self, link_id: UUID, token: str, meta: Meta) -> UUID:
        """Give the person whose account is active now. A link works once, by its stream."""
        expected = link_token(self.link_key, link_id)
        if not hmac.compare_digest(expected.encode(), token.encode()):
            raise LinkUnknown
        person_id = await self._owner(link_id)
        now = self.clock()

        async def note_on_account(
            connection: AsyncConnection, _: CommandResult[Application, ApplicationEvent]
        ) -> None:
            await update_account(connection, person_id, email_verified_at=now)

        try:
            await execute(
                self.store,
                self.applications,
                person_id,
                VerifyEmail(link_id=link_id, now=now),
                meta=meta,
                on_appended=note_on_account,
            )
        except NoSuchApplication:
            raise LinkUnknown from None
        return person_id

    async def _owner(self, link_id: UUID) -> UUID:
        async with self.store.engine.connect() as connection:
            person_id = await person_of_link(connection, link_id)
            account = None if person_id is None else await find_account(connection, person_id)
        if account is None or account.registry_status == BLOCKED:
            raise LinkUnknown
        return account.person_id

"""The activation link once more, also to a corrected address, for whoever knows the password."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import Category, CommandResult, PostgresEventStore, execute
from vinculo.httpapi.rate_limits import Quota, RateLimiter
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.domain.account import Contact
from vinculo.onboarding.domain.activation_decisions import (
    ApplicationRefused,
    CorrectEmail,
    IssueActivationLink,
)
from vinculo.onboarding.domain.application import ActivationLink, Application, ApplicationEvent
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.registering.registration import keep_links, new_link
from vinculo.onboarding.storage.accounts import BLOCKED, find_by_registration, person_of_link
from vinculo.privacy import KeyDestroyed, KeyRing, keyed_hash

QUOTAS: Final = (Quota(1, timedelta(minutes=1)), Quota(5, timedelta(days=1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationEmails:
    store: PostgresEventStore
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    keyring: KeyRing
    passwords: Passwords
    rate_limiter: RateLimiter
    hash_key: bytes
    clock: Callable[[], datetime]

    async def send_again(
        self,
        registration_id: UUID,
        password: str,
        email: str | None,
        meta: Meta,
        *,
        repeatable_id: UUID | None = None,
    ) -> None:
        """Raises RateLimited, alike for registrations that do not exist.

        What leads to no mail is not told: an id that is nobody's, a wrong password, an account that
        is active. Each costs one hash. The link has the `repeatable_id` of the request, if any: by
        it a request that comes again after a crash finds that the link was sent.
        """
        if repeatable_id is not None and await self._was_sent(repeatable_id):
            return
        now = self.clock()
        key = keyed_hash(self.hash_key, "activation-email", str(registration_id))
        await self.rate_limiter.hit(key, QUOTAS, now)
        async with self.store.engine.connect() as connection:
            account = await find_by_registration(connection, registration_id)
        verification = await self.passwords.verify(
            password, None if account is None else account.password_hash
        )
        if account is None or not verification.matches or account.registry_status == BLOCKED:
            return
        person_id = account.person_id

        async def note_links(
            connection: AsyncConnection, outcome: CommandResult[Application, ApplicationEvent]
        ) -> None:
            await keep_links(connection, person_id, outcome)

        try:
            await execute(
                self.store,
                self.applications,
                person_id,
                _command(email, new_link(now, repeatable_id), now),
                sealer=self.keyring,
                meta=meta,
                on_appended=note_links,
            )
        except (ApplicationRefused, VersionConflict, KeyDestroyed):
            return

    async def _was_sent(self, link_id: UUID) -> bool:
        async with self.store.engine.connect() as connection:
            return await person_of_link(connection, link_id) is not None


def _command(email: str | None, link: ActivationLink, now: datetime) -> ApplicationCommand:
    if email is None:
        return IssueActivationLink(link=link, now=now)
    return CorrectEmail(email=Contact(contact=email), link=link, now=now)

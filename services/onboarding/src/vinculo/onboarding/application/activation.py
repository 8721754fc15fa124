"""Activation of an account: its link is issued, sent again to a corrected address, and used."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.httpapi.rate_limits import Quota, RateLimiter
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.domain.account import Contact
from vinculo.onboarding.domain.activation_decisions import (
    ApplicationRefused,
    CorrectEmail,
    IssueActivationLink,
    NoSuchApplication,
    VerifyEmail,
)
from vinculo.onboarding.domain.application import ActivationLink
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.domain.submission import ActivationLinkIssued
from vinculo.onboarding.storage.accounts import (
    BLOCKED,
    add_activation_link,
    find_account,
    find_by_registration,
    person_of_link,
    update_account,
)
from vinculo.onboarding.storage.streams import ApplicationCategory, ApplicationResult
from vinculo.privacy import KeyDestroyed, KeyRing, keyed_hash, link_token

ACTIVATION_LINK_LIFETIME: Final = timedelta(hours=24)
QUOTAS: Final = (Quota(1, timedelta(minutes=1)), Quota(5, timedelta(days=1)))


class LinkUnknown(Exception):
    """No such link, a wrong token, or a person erased or blocked; not revealed which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activator:
    store: PostgresEventStore
    applications: ApplicationCategory
    link_key: bytes
    clock: Callable[[], datetime]

    async def activate(self, link_id: UUID, token: str, meta: Meta) -> UUID:
        """The person whose account is now active.

        Raises:
            LinkUnknown: no such link.
            ApplicationRefused: the link was used, replaced, or has expired.

        """
        expected = link_token(self.link_key, link_id)
        if not hmac.compare_digest(expected.encode(), token.encode()):
            raise LinkUnknown
        person_id = await self._find_person(link_id)
        now = self.clock()

        async def record_verification(connection: AsyncConnection, _: ApplicationResult) -> None:
            await update_account(connection, person_id, email_verified_at=now)

        try:
            await execute(
                self.store,
                self.applications,
                person_id,
                VerifyEmail(link_id=link_id, now=now),
                meta=meta,
                on_appended=record_verification,
            )
        except NoSuchApplication:
            raise LinkUnknown from None
        return person_id

    async def _find_person(self, link_id: UUID) -> UUID:
        async with self.store.engine.connect() as connection:
            person_id = await person_of_link(connection, link_id)
            account = None if person_id is None else await find_account(connection, person_id)
        if account is None or account.registry_status == BLOCKED:
            raise LinkUnknown
        return account.person_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationEmails:
    store: PostgresEventStore
    applications: ApplicationCategory
    keyring: KeyRing
    hasher: PasswordHasher
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
        idempotent_id: UUID | None = None,
    ) -> None:
        """Send the link again, to a corrected address if one is given.

        An unknown id, a wrong password and an active account give no error and cost one hash, too.
        The link has the `idempotent_id` of the request, if any, by which a request that is repeated
        after a crash finds that the link was sent.

        Raises:
            RateLimited: also for registrations that do not exist.

        """
        if idempotent_id is not None and await self._was_sent(idempotent_id):
            return
        now = self.clock()
        key = keyed_hash(self.hash_key, "activation-email", str(registration_id))
        await self.rate_limiter.hit(key, QUOTAS, now)
        async with self.store.engine.connect() as connection:
            account = await find_by_registration(connection, registration_id)
        verification = await self.hasher.verify(
            password, None if account is None else account.password_hash
        )
        if account is None or not verification.matches or account.registry_status == BLOCKED:
            return
        person_id = account.person_id

        async def record_links(connection: AsyncConnection, result: ApplicationResult) -> None:
            await store_activation_links(connection, person_id, result)

        try:
            await execute(
                self.store,
                self.applications,
                person_id,
                _link_command(email, new_activation_link(now, idempotent_id), now),
                encryptor=self.keyring,
                meta=meta,
                on_appended=record_links,
            )
        except (ApplicationRefused, VersionConflict, KeyDestroyed):
            return

    async def _was_sent(self, link_id: UUID) -> bool:
        async with self.store.engine.connect() as connection:
            return await person_of_link(connection, link_id) is not None


def new_activation_link(now: datetime, link_id: UUID | None = None) -> ActivationLink:
    """A random id, because the token is derived from it; a UUIDv7 would reveal the time."""
    return ActivationLink(link_id=link_id or uuid4(), expires_at=now + ACTIVATION_LINK_LIFETIME)


async def store_activation_links(
    connection: AsyncConnection,
    person_id: UUID,
    result: ApplicationResult,
) -> None:
    """Record the person of each issued link, in the transaction that issues it."""
    for event in result.events:
        if isinstance(event, ActivationLinkIssued):
            await add_activation_link(connection, event.link_id, person_id)


def _link_command(email: str | None, link: ActivationLink, now: datetime) -> ApplicationCommand:
    if email is None:
        return IssueActivationLink(link=link, now=now)
    return CorrectEmail(email=Contact(contact=email), link=link, now=now)

"""Activation links: how long they work, and sending one again to a corrected address."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.httpapi.rate_limits import Quota, RateLimiter
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.domain.account import Contact
from vinculo.onboarding.domain.activation_decisions import (
    ApplicationRefused,
    CorrectEmail,
    IssueActivationLink,
)
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.domain.submission import ActivationLink
from vinculo.onboarding.storage.accounts import BLOCKED, find_account, find_by_document
from vinculo.onboarding.storage.identity_reservations import hash_identity, lock_reservations_of
from vinculo.onboarding.storage.streams import ApplicationCategory
from vinculo.onboarding.storage.submissions import (
    SubmissionRow,
    find_submission,
    hash_mailbox,
    newest_submission_to,
    record_links,
    set_mailbox,
    submission_of_link,
)
from vinculo.privacy import FurtherKey, KeyDestroyed, KeyRing, keyed_hash
from vinculo.values.identity_documents import Identity

ACTIVATION_LINK_LIFETIME: Final = timedelta(hours=24)
MAILS: Final = (Quota(1, timedelta(minutes=1)), Quota(5, timedelta(days=1)))
WRONG_PASSWORDS: Final = (Quota(5, timedelta(days=1)),)
MAX_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationEmails:
    """Sends links again. A response never reveals whether there was something to send.

    A wrong password is counted, and beyond the quota answered as one request too many; the right
    one is never delayed by wrong ones.
    """

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
        """Send the link of a submission again, to a corrected address if one is given.

        An unknown id, a wrong password and an active account give no error and cost one hash, too.
        The link has the `idempotent_id` of the request, if any, by which a request that is repeated
        after a crash finds that the link was sent.

        Raises:
            RateLimited: too many mails or wrong passwords; the latter for unknown ids, too.

        """
        if idempotent_id is not None and await self._was_sent(idempotent_id):
            return
        async with self.store.engine.connect() as connection:
            row = await find_submission(connection, registration_id)
        tries = keyed_hash(self.hash_key, "activation-email", str(registration_id))
        await self._send(row, password, email, meta, tries=tries, link_id=idempotent_id)

    async def send_by_document(
        self,
        identity: Identity,
        registered_email: str,
        password: str,
        email: str | None,
        meta: Meta,
        *,
        idempotent_id: UUID | None = None,
    ) -> None:
        """As `send_again`, for the newest submission of the document with that address."""
        if idempotent_id is not None and await self._was_sent(idempotent_id):
            return
        identity_hash = hash_identity(self.hash_key, identity)
        async with self.store.engine.connect() as connection:
            account = await find_by_document(connection, identity_hash)
            row = None
            if account is not None:
                mailbox = hash_mailbox(self.hash_key, account.person_id, registered_email)
                row = await newest_submission_to(connection, account.person_id, mailbox)
        tries = keyed_hash(
            self.hash_key, "activation-email-of", identity_hash.hex(), registered_email
        )
        await self._send(row, password, email, meta, tries=tries, link_id=idempotent_id)

    async def _send(
        self,
        row: SubmissionRow | None,
        password: str,
        email: str | None,
        meta: Meta,
        *,
        tries: bytes,
        link_id: UUID | None,
    ) -> None:
        now = self.clock()
        known_hash = None if row is None else row.password_hash
        verification = await self.hasher.verify(password, known_hash)
        if row is None or not verification.matches:
            await self.rate_limiter.hit(tries, WRONG_PASSWORDS, now)
            return
        mails = keyed_hash(self.hash_key, "activation-mails", str(row.submission_id))
        await self.rate_limiter.hit(mails, MAILS, now)
        command = _link_command(row.submission_id, email, new_activation_link(now, link_id), now)
        for _ in range(MAX_ATTEMPTS):
            try:
                await self._issue(row, command, email, meta)
            except VersionConflict:
                continue
            except (ApplicationRefused, KeyDestroyed):
                return
            return

    async def _issue(
        self, row: SubmissionRow, command: ApplicationCommand, email: str | None, meta: Meta
    ) -> None:
        async with self.store.transaction() as connection:
            await lock_reservations_of(connection, row.person_id)
            account = await find_account(connection, row.person_id)
            if account is None or account.registry_status == BLOCKED:
                return
            result = await execute(
                self.store,
                self.applications,
                row.person_id,
                command,
                encryptor=FurtherKey(self.keyring, row.key_id),
                meta=meta,
                connection=connection,
            )
            await record_links(connection, row.person_id, result.events)
            if email is not None and result.events:
                mailbox = hash_mailbox(self.hash_key, row.person_id, email)
                await set_mailbox(connection, row.submission_id, mailbox)

    async def _was_sent(self, link_id: UUID) -> bool:
        async with self.store.engine.connect() as connection:
            return await submission_of_link(connection, link_id) is not None


def new_activation_link(now: datetime, link_id: UUID | None = None) -> ActivationLink:
    """A random id, because the token is derived from it; a UUIDv7 would reveal the time."""
    return ActivationLink(link_id=link_id or uuid4(), expires_at=now + ACTIVATION_LINK_LIFETIME)


def _link_command(
    submission_id: UUID, email: str | None, link: ActivationLink, now: datetime
) -> ApplicationCommand:
    if email is None:
        return IssueActivationLink(submission_id=submission_id, link=link, now=now)
    return CorrectEmail(
        submission_id=submission_id, email=Contact(contact=email), link=link, now=now
    )

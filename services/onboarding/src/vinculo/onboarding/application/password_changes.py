"""A new password: by an e-mailed link, or in place of the current one."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.onboarding.application.activation import LinkUnknown
from vinculo.onboarding.application.applicant_view import ApplicantReader, PersonErased
from vinculo.onboarding.application.authentication import (
    MAX_MATCHES,
    PasswordWrong,
    Reauthenticator,
)
from vinculo.onboarding.application.login_throttle import clear_attempts_of_person
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.application.sessions import end_sessions
from vinculo.onboarding.domain.account_decisions import (
    ChangePassword,
    RequestPasswordReset,
    ResetPassword,
)
from vinculo.onboarding.domain.activation_decisions import ApplicationRefused, NoSuchApplication
from vinculo.onboarding.forms.registration import RegistrationRules, own_words, validate_password
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.onboarding.storage.accounts import Account, find_account, set_password
from vinculo.onboarding.storage.confirmations import (
    ConfirmationPurpose,
    find_link,
    new_confirmation,
    store_link,
)
from vinculo.onboarding.storage.identity_reservations import find_all_by_documents, hash_identity
from vinculo.onboarding.storage.streams import ApplicationCategory, ApplicationResult
from vinculo.privacy import link_token

RESET_LINK_LIFETIME: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanges:
    store: PostgresEventStore
    applications: ApplicationCategory
    reader: ApplicantReader
    hasher: PasswordHasher
    reauthenticator: Reauthenticator
    rules: RegistrationRules
    hash_key: bytes
    link_key: bytes
    clock: Callable[[], datetime]

    async def request_reset(
        self, number: str, document_type: str | None, country: str, meta: Meta
    ) -> None:
        """Send reset links. The result does not reveal whether there is such a person."""
        identities = self.rules.documents.possible_identities(number, country, document_type)
        hashes = [hash_identity(self.hash_key, identity) for identity in identities]
        async with self.store.engine.connect() as connection:
            found = [person_id for _, person_id in await find_all_by_documents(connection, hashes)]
            accounts = [await find_account(connection, each) for each in found[:MAX_MATCHES]]
        for account in accounts:
            if account is not None and account.may_sign_in:
                await self._issue(account.person_id, meta)

    async def reset(self, link_id: UUID, token: str, password: str, meta: Meta) -> None:
        """Set a password by a link and end all sessions.

        Raises:
            LinkUnknown: no such link, or the account is closed.
            InvalidForm: the password is too weak; the link can still be used.
            AccountRefused: the link was used, replaced, or has expired.

        """
        expected = link_token(self.link_key, link_id)
        if not hmac.compare_digest(expected.encode(), token.encode()):
            raise LinkUnknown
        account = await self._owner(link_id)
        try:
            new = await self._validate(account, password)
            await execute(
                self.store,
                self.applications,
                account.person_id,
                ResetPassword(link_id=link_id, now=self.clock()),
                meta=meta,
                on_appended=partial(_store_reset, self.store, new),
            )
        except (NoSuchApplication, PersonErased):
            raise LinkUnknown from None

    async def change(
        self,
        person_id: UUID,
        current_password: str,
        password: str,
        *,
        session_id: UUID | None,
        meta: Meta,
    ) -> None:
        """Replace the password and end the other sessions.

        Raises PasswordWrong, TooManyAttempts, AccountClosed or InvalidForm.
        """
        account = await self.reauthenticator.require_password(person_id, current_password)
        new = await self._validate(account, password)
        await execute(
            self.store,
            self.applications,
            person_id,
            ChangePassword(now=self.clock()),
            meta=meta,
            on_appended=partial(_store_change, self.store, new, account.password_hash, session_id),
        )

    async def _issue(self, person_id: UUID, meta: Meta) -> None:
        """Ignores failures, which the response must not reveal."""
        now = self.clock()
        link = new_confirmation(now, RESET_LINK_LIFETIME)

        async def record_link(connection: AsyncConnection, _: ApplicationResult) -> None:
            await store_link(
                connection, person_id, ConfirmationPurpose.PASSWORD_RESET, link, now=now
            )

        command = RequestPasswordReset(link=link, now=now)
        try:
            await execute(
                self.store,
                self.applications,
                person_id,
                command,
                meta=meta,
                on_appended=record_link,
            )
        except (ApplicationRefused, VersionConflict):
            return

    async def _owner(self, link_id: UUID) -> Account:
        async with self.store.engine.connect() as connection:
            found = await find_link(connection, link_id, ConfirmationPurpose.PASSWORD_RESET)
            account = None if found is None else await find_account(connection, found[0])
        if account is None or not account.may_sign_in:
            raise LinkUnknown
        return account

    async def _validate(self, account: Account, password: str) -> "_NewPassword":
        """The hash of a valid password, by the rules of registration. Raises InvalidForm."""
        person = await self.reader.details(account.person_id)
        form, words, rules = FormValidator(), own_words(person), self.rules.passwords
        await self.hasher.run_in_pool(lambda: validate_password(form, password, words, rules))
        form.raise_if_invalid()
        number = person.document_number
        numbers = {number, number.partition("-")[0]}
        return _NewPassword(
            person_id=account.person_id,
            password_hash=await self.hasher.hash(password),
            identity_hashes=[
                hash_identity(self.hash_key, identity)
                for each in numbers
                for identity in self.rules.documents.possible_identities(
                    each, account.country, None
                )
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewPassword:
    """`identity_hashes` are the identifiers whose failed logins are cleared."""

    person_id: UUID
    password_hash: str
    identity_hashes: list[bytes]


async def _store_reset(
    store: PostgresEventStore, new: _NewPassword, connection: AsyncConnection, _: ApplicationResult
) -> None:
    if not await set_password(connection, new.person_id, new.password_hash, instead_of=None):
        raise LinkUnknown
    await clear_attempts_of_person(connection, new.person_id, new.identity_hashes)
    await end_sessions(store, connection, new.person_id)


async def _store_change(
    store: PostgresEventStore,
    new: _NewPassword,
    current_hash: str,
    session_id: UUID | None,
    connection: AsyncConnection,
    _: ApplicationResult,
) -> None:
    if not await set_password(
        connection, new.person_id, new.password_hash, instead_of=current_hash
    ):
        raise PasswordWrong
    await clear_attempts_of_person(connection, new.person_id, new.identity_hashes)
    await end_sessions(store, connection, new.person_id, but=session_id)

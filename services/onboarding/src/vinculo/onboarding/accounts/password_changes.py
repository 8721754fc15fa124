"""A new password: by an e-mailed link for who forgot theirs, or in place of the one in force."""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import Category, CommandResult, PostgresEventStore, execute
from vinculo.onboarding.accounts.password_proof import PasswordProof, PasswordWrong
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.accounts.sessions import end_sessions
from vinculo.onboarding.accounts.sign_in import MOST_MATCHES
from vinculo.onboarding.domain.account_decisions import (
    ChangePassword,
    RequestPasswordReset,
    ResetPassword,
)
from vinculo.onboarding.domain.activation_decisions import ApplicationRefused, NoSuchApplication
from vinculo.onboarding.domain.application import Application, ApplicationEvent
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.forms.password_strength import strong_password
from vinculo.onboarding.forms.registration import forbidden_password_words
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.onboarding.own.known_people import KnownPeople, PersonErased
from vinculo.onboarding.registering.activation import LinkUnknown
from vinculo.onboarding.storage.accounts import Account, clear_attempts, find_account, set_password
from vinculo.onboarding.storage.confirmations import (
    ConfirmationPurpose,
    find_link,
    new_confirmation,
    store_link,
)
from vinculo.onboarding.storage.identity_reservations import find_all_by_documents, hash_identity
from vinculo.privacy import link_token
from vinculo.values.identity_documents import DocumentCatalogue

LINK_LIFETIME: Final = timedelta(minutes=30)
ANSWERED_AFTER_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanges:
    store: PostgresEventStore
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    known: KnownPeople
    passwords: Passwords
    proof: PasswordProof
    documents: DocumentCatalogue
    hash_key: bytes
    link_key: bytes
    clock: Callable[[], datetime]

    async def request(
        self, number: str, document_type: str | None, country: str, meta: Meta
    ) -> None:
        """Answered after the same time whether or not anybody is there: the time tells nothing."""
        await asyncio.gather(
            self._request(number, document_type, country, meta),
            asyncio.sleep(ANSWERED_AFTER_SECONDS),
        )

    async def reset(self, link_id: UUID, token: str, password: str, meta: Meta) -> None:
        """Raises LinkUnknown, FormRefused, or why the stream refuses the link."""
        expected = link_token(self.link_key, link_id)
        if not hmac.compare_digest(expected.encode(), token.encode()):
            raise LinkUnknown
        account = await self._owner(link_id)
        try:
            new = await self._checked(account, password)
            await execute(
                self.store,
                self.applications,
                account.person_id,
                ResetPassword(link_id=link_id, now=self.clock()),
                meta=meta,
                on_appended=partial(_reset, new),
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
        """End every other session. Raises PasswordWrong, TooManyAttempts or FormRefused."""
        account = await self.proof.prove(person_id, current_password)
        new = await self._checked(account, password)
        await execute(
            self.store,
            self.applications,
            person_id,
            ChangePassword(now=self.clock()),
            meta=meta,
            on_appended=partial(_change, new, account.password_hash, session_id),
        )

    async def _request(
        self, number: str, document_type: str | None, country: str, meta: Meta
    ) -> None:
        identities = self.documents.possible_identities(number, country, document_type)
        hashes = [hash_identity(self.hash_key, identity) for identity in identities]
        async with self.store.engine.connect() as connection:
            found = [person_id for _, person_id in await find_all_by_documents(connection, hashes)]
            accounts = [await find_account(connection, each) for each in found[:MOST_MATCHES]]
        for account in accounts:
            if account is not None and account.may_sign_in:
                await self._issue(account.person_id, meta)

    async def _issue(self, person_id: UUID, meta: Meta) -> None:
        """What cannot be recorded is dropped: the answer must not tell."""
        now = self.clock()
        link = new_confirmation(now, LINK_LIFETIME)

        async def note_link(
            connection: AsyncConnection, _: CommandResult[Application, ApplicationEvent]
        ) -> None:
            await store_link(
                connection, person_id, ConfirmationPurpose.PASSWORD_RESET, link, now=now
            )

        command = RequestPasswordReset(link=link, now=now)
        try:
            await execute(
                self.store, self.applications, person_id, command, meta=meta, on_appended=note_link
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

    async def _checked(self, account: Account, password: str) -> "_NewPassword":
        """By the rules of registration, with the person's own words in view."""
        person = await self.known.details(account.person_id)
        form = FormValidator()
        check = partial(strong_password, forbidden_words=forbidden_password_words(person))
        await self.passwords.computed(lambda: form.validate("password", password, check))
        form.raise_if_invalid()
        number = person.document_number
        forms = {number, number.partition("-")[0]}
        return _NewPassword(
            person_id=account.person_id,
            password_hash=await self.passwords.hash(password),
            identity_hashes=[
                hash_identity(self.hash_key, identity)
                for each in forms
                for identity in self.documents.possible_identities(each, account.country, None)
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewPassword:
    """`identity_hashes` are of all that the person may sign in by, whose wrong tries are over."""

    person_id: UUID
    password_hash: str
    identity_hashes: list[bytes]


async def _reset(
    new: _NewPassword, connection: AsyncConnection, _: CommandResult[Application, ApplicationEvent]
) -> None:
    if not await set_password(connection, new.person_id, new.password_hash, instead_of=None):
        raise LinkUnknown
    await clear_attempts(connection, new.person_id, new.identity_hashes)
    await end_sessions(connection, new.person_id)


async def _change(
    new: _NewPassword,
    proved_hash: str,
    session_id: UUID | None,
    connection: AsyncConnection,
    _: CommandResult[Application, ApplicationEvent],
) -> None:
    if not await set_password(connection, new.person_id, new.password_hash, instead_of=proved_hash):
        raise PasswordWrong
    await clear_attempts(connection, new.person_id, new.identity_hashes)
    await end_sessions(connection, new.person_id, but=session_id)

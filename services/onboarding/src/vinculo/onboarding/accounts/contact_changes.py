"""Another e-mail address or phone: asked for with the password, confirmed at the new one."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import Category, CommandResult, PostgresEventStore, execute
from vinculo.onboarding.accounts.password_proof import PasswordProof
from vinculo.onboarding.accounts.sessions import end_sessions
from vinculo.onboarding.domain.account import Confirmation, Contact, ContactKind
from vinculo.onboarding.domain.account_decisions import ConfirmContactChange, RequestContactChange
from vinculo.onboarding.domain.activation_decisions import NoSuchApplication
from vinculo.onboarding.domain.application import Application, ApplicationEvent
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.onboarding.own.known_people import KnownPeople, PersonErased, contact_of
from vinculo.onboarding.registering.activation import LinkUnknown
from vinculo.onboarding.storage.accounts import find_account
from vinculo.onboarding.storage.confirmations import (
    CODE_LIFETIME,
    CodeExhausted,
    CodeWrong,
    ConfirmationPurpose,
    count_code_attempt,
    find_link,
    new_confirmation,
    store_code,
    store_link,
)
from vinculo.privacy import KeyRing, code_of, link_token
from vinculo.values.contacts import email_address, mobile_number

LINK_LIFETIME: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanges:
    store: PostgresEventStore
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    keyring: KeyRing
    known: KnownPeople
    proof: PasswordProof
    link_key: bytes
    clock: Callable[[], datetime]

    async def request(
        self,
        person_id: UUID,
        kind: ContactKind,
        raw: str,
        password: str,
        *,
        session_id: UUID | None,
        meta: Meta,
    ) -> Confirmation:
        """Raises PasswordWrong, TooManyAttempts, FormRefused or TooManyMessages."""
        account = await self.proof.prove(person_id, password)
        contact = await self._checked(person_id, kind, raw, account.country)
        now = self.clock()
        is_email = kind is ContactKind.EMAIL
        change = new_confirmation(now, LINK_LIFETIME if is_email else CODE_LIFETIME)

        async def note(
            connection: AsyncConnection, _: CommandResult[Application, ApplicationEvent]
        ) -> None:
            if is_email:
                await store_link(
                    connection,
                    person_id,
                    ConfirmationPurpose.CONTACT_CHANGE,
                    change,
                    now=now,
                    session_id=session_id,
                )
            else:
                await store_code(
                    connection, person_id, ConfirmationPurpose.CONTACT_CHANGE, change.id
                )

        command = RequestContactChange(
            change=change, kind=kind, contact=Contact(contact=contact), now=now
        )
        await execute(
            self.store,
            self.applications,
            person_id,
            command,
            sealer=self.keyring,
            meta=meta,
            on_appended=note,
        )
        return change

    async def confirm_email(self, change_id: UUID, token: str, meta: Meta) -> None:
        """The session in which it was asked for goes on; all others end."""
        expected = link_token(self.link_key, change_id)
        if not hmac.compare_digest(expected.encode(), token.encode()):
            raise LinkUnknown
        async with self.store.engine.connect() as connection:
            found = await find_link(connection, change_id, ConfirmationPurpose.CONTACT_CHANGE)
            account = None if found is None else await find_account(connection, found[0])
        if found is None or account is None or not account.may_sign_in:
            raise LinkUnknown
        try:
            await self._confirm(account.person_id, change_id, ContactKind.EMAIL, found[1], meta)
        except (NoSuchApplication, PersonErased):
            raise LinkUnknown from None

    async def confirm_phone(
        self, person_id: UUID, change_id: UUID, code: str, *, session_id: UUID | None, meta: Meta
    ) -> None:
        """Raises CodeWrong, CodeExhausted, or why the stream refuses the code."""
        async with self.store.engine.begin() as connection:
            await count_code_attempt(
                connection, person_id, ConfirmationPurpose.CONTACT_CHANGE, change_id
            )
        if not hmac.compare_digest(code_of(self.link_key, change_id).encode(), code.encode()):
            raise CodeWrong
        await self._confirm(person_id, change_id, ContactKind.PHONE, session_id, meta)

    async def _confirm(
        self,
        person_id: UUID,
        change_id: UUID,
        kind: ContactKind,
        session_id: UUID | None,
        meta: Meta,
    ) -> None:
        found = await self.known.replacement(person_id, change_id)
        if found is None or found[0] is not kind:
            raise CodeExhausted if kind is ContactKind.PHONE else LinkUnknown
        command = ConfirmContactChange(
            change_id=change_id, kind=kind, replaced=found[1], now=self.clock()
        )

        async def end_others(
            connection: AsyncConnection, _: CommandResult[Application, ApplicationEvent]
        ) -> None:
            await end_sessions(connection, person_id, but=session_id)

        await execute(
            self.store,
            self.applications,
            person_id,
            command,
            sealer=self.keyring,
            meta=meta,
            on_appended=end_others,
        )

    async def _checked(self, person_id: UUID, kind: ContactKind, raw: str, country: str) -> str:
        form = FormValidator()
        is_email = kind is ContactKind.EMAIL
        check = email_address if is_email else partial(mobile_number, country=country)
        contact = form.validate(kind.value, raw, check)
        form.raise_if_invalid()
        person = await self.known.details(person_id)
        if contact == contact_of(person, kind):
            form.add_error(kind.value, "contact_unchanged")
        form.raise_if_invalid()
        return contact

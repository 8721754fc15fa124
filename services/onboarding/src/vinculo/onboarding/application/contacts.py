"""Changes of e-mail address and phone, confirmed at the new one, and verification of the phone."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.onboarding.application.activation import LinkUnknown
from vinculo.onboarding.application.applicant_view import ApplicantReader, PersonErased, contact_of
from vinculo.onboarding.application.authentication import Reauthenticator
from vinculo.onboarding.application.sessions import end_sessions
from vinculo.onboarding.domain.account import Confirmation, Contact, ContactKind
from vinculo.onboarding.domain.account_decisions import (
    ConfirmContactChange,
    IssuePhoneCode,
    RequestContactChange,
    VerifyPhone,
)
from vinculo.onboarding.domain.activation_decisions import NoSuchApplication
from vinculo.onboarding.domain.application import InProgress
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.onboarding.storage.accounts import find_account, require_open_account, update_account
from vinculo.onboarding.storage.confirmations import (
    CODE_LIFETIME,
    CodeExhausted,
    CodeWrong,
    ConfirmationPurpose,
    count_code_attempt,
    find_link,
    latest_code,
    new_confirmation,
    store_code,
    store_link,
)
from vinculo.onboarding.storage.streams import ApplicationCategory, ApplicationResult
from vinculo.onboarding.storage.submissions import hash_mailbox
from vinculo.privacy import KeyRing, confirmation_code, link_token
from vinculo.values.contacts import email_address, mobile_number

CONTACT_LINK_LIFETIME: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanges:
    store: PostgresEventStore
    applications: ApplicationCategory
    keyring: KeyRing
    reader: ApplicantReader
    reauthenticator: Reauthenticator
    hash_key: bytes
    link_key: bytes
    clock: Callable[[], datetime]
    smtputf8: bool = False

    async def request_change(
        self,
        person_id: UUID,
        kind: ContactKind,
        raw: str,
        password: str,
        *,
        session_id: UUID | None,
        meta: Meta,
    ) -> Confirmation:
        """Send a link to a new address, or a code to a new phone.

        Raises PasswordWrong, TooManyAttempts, AccountClosed, InvalidForm or TooManyMessages.
        """
        account = await self.reauthenticator.require_password(person_id, password)
        contact = await self._validate(person_id, kind, raw, account.country)
        now = self.clock()
        is_email = kind is ContactKind.EMAIL
        change = new_confirmation(now, CONTACT_LINK_LIFETIME if is_email else CODE_LIFETIME)

        async def record_confirmation(connection: AsyncConnection, _: ApplicationResult) -> None:
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
            encryptor=self.keyring,
            meta=meta,
            on_appended=record_confirmation,
        )
        return change

    async def confirm_email(self, change_id: UUID, token: str, meta: Meta) -> None:
        """Make the new address effective; all sessions end except the one that requested it.

        Raises:
            LinkUnknown: no such link, or the account is closed.
            AccountRefused: the link was used, replaced, or has expired.

        """
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
        """Make the new phone effective; all sessions end except this one.

        Raises:
            CodeWrong: another attempt is possible.
            CodeExhausted: a new code is needed.
            AccountRefused: the code was used, replaced, or has expired.

        """
        async with self.store.engine.begin() as connection:
            await count_code_attempt(
                connection, person_id, ConfirmationPurpose.CONTACT_CHANGE, change_id
            )
        if not hmac.compare_digest(
            confirmation_code(self.link_key, change_id).encode(), code.encode()
        ):
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
        found = await self.reader.contact_replacement(person_id, change_id)
        if found is None or found[0] is not kind:
            raise CodeExhausted if kind is ContactKind.PHONE else LinkUnknown
        command = ConfirmContactChange(
            change_id=change_id, kind=kind, replaced=found[1], now=self.clock()
        )

        async def end_others(connection: AsyncConnection, _: ApplicationResult) -> None:
            await end_sessions(self.store, connection, person_id, but=session_id)
            if kind is ContactKind.EMAIL:
                mailbox = hash_mailbox(self.hash_key, person_id, found[1].contact)
                await update_account(connection, person_id, email_hash=mailbox)

        await execute(
            self.store,
            self.applications,
            person_id,
            command,
            encryptor=self.keyring,
            meta=meta,
            on_appended=end_others,
        )

    async def _validate(self, person_id: UUID, kind: ContactKind, raw: str, country: str) -> str:
        form = FormValidator()
        is_email = kind is ContactKind.EMAIL
        email_rule = partial(email_address, smtputf8=self.smtputf8)
        rule = email_rule if is_email else partial(mobile_number, country=country)
        contact = form.validate(kind.value, raw, rule)
        form.raise_if_invalid()
        person = await self.reader.details(person_id)
        if contact == contact_of(person, kind):
            form.add_error(kind.value, "contact_unchanged")
        form.raise_if_invalid()
        return contact


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCodes:
    store: PostgresEventStore
    applications: ApplicationCategory
    link_key: bytes
    clock: Callable[[], datetime]

    async def issue(self, person_id: UUID, code_id: UUID, meta: Meta) -> Confirmation:
        """The code that was sent; with the same id, the one sent before.

        Raises AccountClosed, PhoneVerifiedAlready or TooManyMessages.
        """
        await self._require_open(person_id)
        now = self.clock()
        code = Confirmation(id=code_id, expires_at=now + CODE_LIFETIME)

        async def record_code(connection: AsyncConnection, _: ApplicationResult) -> None:
            await store_code(connection, person_id, ConfirmationPurpose.PHONE, code_id)

        result = await execute(
            self.store,
            self.applications,
            person_id,
            IssuePhoneCode(code=code, now=now),
            meta=meta,
            on_appended=record_code,
        )
        match result.state:
            case InProgress(account=account) if account.phone_code is not None:
                return account.phone_code
            case _:
                return code

    async def verify(self, person_id: UUID, code_id: UUID | None, code: str, meta: Meta) -> None:
        """Verify the phone by the code, without an id by the latest one.

        Raises AccountClosed, CodeWrong, CodeExhausted or AccountRefused.
        """
        await self._require_open(person_id)
        async with self.store.engine.begin() as connection:
            used = code_id or await latest_code(connection, person_id, ConfirmationPurpose.PHONE)
            if used is None:
                raise CodeExhausted
            await count_code_attempt(connection, person_id, ConfirmationPurpose.PHONE, used)
        if not hmac.compare_digest(confirmation_code(self.link_key, used).encode(), code.encode()):
            raise CodeWrong
        command = VerifyPhone(code_id=used, now=self.clock())
        await execute(self.store, self.applications, person_id, command, meta=meta)

    async def _require_open(self, person_id: UUID) -> None:
        async with self.store.engine.connect() as connection:
            await require_open_account(connection, person_id)

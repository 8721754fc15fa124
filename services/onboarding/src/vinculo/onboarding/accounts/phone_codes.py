"""Verifying the phone that was registered, by a six-digit code sent to it."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import Category, CommandResult, PostgresEventStore, execute
from vinculo.onboarding.domain.account import Confirmation
from vinculo.onboarding.domain.account_decisions import IssuePhoneCode, VerifyPhone
from vinculo.onboarding.domain.application import Application, ApplicationEvent, InProgress
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.storage.accounts import require_open_account
from vinculo.onboarding.storage.confirmations import (
    CODE_LIFETIME,
    CodeExhausted,
    CodeWrong,
    ConfirmationPurpose,
    count_code_attempt,
    latest_code,
    store_code,
)
from vinculo.privacy import code_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCodes:
    store: PostgresEventStore
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    link_key: bytes
    clock: Callable[[], datetime]

    async def issue(self, person_id: UUID, code_id: UUID, meta: Meta) -> Confirmation:
        """Raises PhoneVerifiedAlready or TooManyMessages."""
        await self._require_open(person_id)
        now = self.clock()
        code = Confirmation(id=code_id, expires_at=now + CODE_LIFETIME)

        async def note(
            connection: AsyncConnection, _: CommandResult[Application, ApplicationEvent]
        ) -> None:
            await store_code(connection, person_id, ConfirmationPurpose.PHONE, code_id)

        outcome = await execute(
            self.store,
            self.applications,
            person_id,
            IssuePhoneCode(code=code, now=now),
            meta=meta,
            on_appended=note,
        )
        match outcome.state:
            case InProgress(account=account) if account.phone_code is not None:
                return account.phone_code
            case _:
                return code

    async def verify(self, person_id: UUID, code_id: UUID | None, code: str, meta: Meta) -> None:
        """The latest code is meant where no id is given. Raises CodeWrong or CodeExhausted."""
        await self._require_open(person_id)
        async with self.store.engine.begin() as connection:
            meant = code_id or await latest_code(connection, person_id, ConfirmationPurpose.PHONE)
            if meant is None:
                raise CodeExhausted
            await count_code_attempt(connection, person_id, ConfirmationPurpose.PHONE, meant)
        if not hmac.compare_digest(code_of(self.link_key, meant).encode(), code.encode()):
            raise CodeWrong
        command = VerifyPhone(code_id=meant, now=self.clock())
        await execute(self.store, self.applications, person_id, command, meta=meta)

    async def _require_open(self, person_id: UUID) -> None:
        async with self.store.engine.connect() as connection:
            await require_open_account(connection, person_id)

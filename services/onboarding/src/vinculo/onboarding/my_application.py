"""A person's own application: the steps after activation, and how far it has come."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vinculo.eventstore import (
    Category,
    Erased,
    Meta,
    PostgresEventStore,
    Sealed,
    execute,
)
from vinculo.onboarding.accounts import Account, find_account
from vinculo.onboarding.domain.application import (
    Application,
    InProgress,
)
from vinculo.onboarding.domain.application_commands import (
    ApplicationCommand,
    CompleteApplication,
    DeclareEmployment,
)
from vinculo.onboarding.domain.application_decisions import (
    require_in_progress,
)
from vinculo.onboarding.domain.application_events import ApplicationEvent
from vinculo.onboarding.domain.step_events import (
    EmploymentDeclared,
    EmploymentDetails,
)
from vinculo.onboarding.employment_form import EmploymentBody, checked_employment
from vinculo.onboarding.fields.refusals import FieldFault, FormRefused
from vinculo.onboarding.payers import payer_exists
from vinculo.privacy import KeyRing


class AccountClosed(Exception):
    """The token is good, and its owner is erased or blocked since it was issued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    account: Account
    application: InProgress
    employment: EmploymentDeclared | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnApplications:
    store: PostgresEventStore
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    keyring: KeyRing
    clock: Callable[[], datetime]

    async def progress(self, person_id: UUID) -> Progress:
        """Only the employment that was declared last is opened: it is shown to be corrected."""
        account = await self._account(person_id)
        codec = self.applications.codec
        stored = await self.store.read(self.applications.stream_id(person_id))
        history: list[ApplicationEvent] = [codec.decode(event) for event in stored]
        declared = next(
            (event for event in reversed(history) if isinstance(event, EmploymentDeclared)), None
        )
        return Progress(
            account=account,
            application=require_in_progress(self.applications.decider.fold(history)),
            employment=None if declared is None else await self._opened(declared),
        )

    async def declare_employment(self, person_id: UUID, body: EmploymentBody, meta: Meta) -> None:
        account = await self._account(person_id)
        details = checked_employment(body, account.country)
        async with self.store.engine.connect() as connection:
            if not await payer_exists(connection, body.payer_id):
                raise FormRefused((FieldFault("payer_id", "payer_unknown"),))
        command = DeclareEmployment(
            payer_id=body.payer_id,
            contract_type=body.contract_type,
            currency=body.currency,
            employment=details,
            now=self.clock(),
        )
        await execute(
            self.store, self.applications, person_id, command, sealer=self.keyring, meta=meta
        )

    async def complete(self, person_id: UUID, meta: Meta) -> None:
        await self._account(person_id)
        command = CompleteApplication(now=self.clock())
        await execute(self.store, self.applications, person_id, command, meta=meta)

    async def _account(self, person_id: UUID) -> Account:
        async with self.store.engine.connect() as connection:
            account = await find_account(connection, person_id)
        if account is None or not account.may_sign_in:
            raise AccountClosed
        return account

    async def _opened(self, declared: EmploymentDeclared) -> EmploymentDeclared:
        sealed = declared.personal
        if not isinstance(sealed, Sealed):
            return declared
        opened = await self.keyring.open(sealed.subject, sealed.event_id, sealed.envelope)
        event: EmploymentDeclared = self.applications.codec.with_personal(declared, opened)
        return event


def opened_details(employment: EmploymentDeclared) -> EmploymentDetails | None:
    """None once the key is destroyed."""
    match employment.personal:
        case EmploymentDetails() as details:
            return details
        case Sealed() | Erased():
            return None

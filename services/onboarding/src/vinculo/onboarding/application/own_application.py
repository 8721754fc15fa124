"""The applicant's own application: the steps after activation, and the progress."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.onboarding.application.applicant_view import (
    ApplicantHistory,
    ApplicantReader,
    CurrentContacts,
    applicant_history,
)
from vinculo.onboarding.application.payers import PayerProposals
from vinculo.onboarding.domain.activation_decisions import require_in_progress
from vinculo.onboarding.domain.application import EmploymentDeclared, InProgress
from vinculo.onboarding.domain.application_decisions import CompleteApplication, DeclareEmployment
from vinculo.onboarding.forms.employment import (
    EmploymentBody,
    EmploymentRules,
    TypedPayer,
    drafted_payer,
    employment_draft_errors,
    read_employment_draft,
    validate_employment,
)
from vinculo.onboarding.forms.identity import PersonIdentity
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.storage.accounts import Account, require_open_account
from vinculo.onboarding.storage.payers import PayerRow, find_payer
from vinculo.onboarding.storage.streams import ApplicationCategory
from vinculo.privacy import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredEmployment:
    """A decrypted declaration, with its payer's current row."""

    declared: EmploymentDeclared
    payer: PayerRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationProgress:
    account: Account
    application: InProgress
    history: ApplicantHistory
    employment: DeclaredEmployment | None
    identity: PersonIdentity | None
    contacts: CurrentContacts
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnApplicationService:
    reader: ApplicantReader
    store: PostgresEventStore
    applications: ApplicationCategory
    keyring: KeyRing
    proposals: PayerProposals
    rules: EmploymentRules
    clock: Callable[[], datetime]

    async def progress(self, person_id: UUID) -> ApplicationProgress:
        """Raises AccountClosed. Only the last declared employment is decrypted."""
        account = await self.account(person_id)
        events = await self.reader.events(person_id)
        history = applicant_history(events)
        latest = await self._employments(history.employments[-1:])
        return ApplicationProgress(
            account=account,
            application=require_in_progress(self.applications.decider.fold(events)),
            history=history,
            employment=latest[0] if latest else None,
            identity=await self.reader.current_identity(history),
            contacts=await self.reader.current_contacts(history),
            now=self.clock(),
        )

    async def employments(self, person_id: UUID) -> list[DeclaredEmployment]:
        """All declared employments, newest first. Raises AccountClosed."""
        await self.account(person_id)
        history = await self.reader.history(person_id)
        return await self._employments(tuple(reversed(history.employments)))

    async def declare_employment(self, person_id: UUID, body: EmploymentBody, meta: Meta) -> None:
        """Declare employment; a typed-in payer is first proposed, in its own stream.

        Raises AccountClosed, EmailNotVerified or InvalidForm.
        """
        account = await self.account(person_id)
        employment = validate_employment(
            body, self.rules, project=account.project, country=account.country
        )
        match employment.payer:
            case TypedPayer() as typed:
                payer_id = await self.proposals.propose(typed, person_id, meta)
            case UUID() as chosen:
                payer_id = await self.proposals.declarable(chosen)
        command = DeclareEmployment(
            payer_id=payer_id,
            contract_type=employment.contract_type,
            currency=employment.currency,
            employment=employment.details,
            now=self.clock(),
        )
        await execute(
            self.store, self.applications, person_id, command, encryptor=self.keyring, meta=meta
        )

    async def check_employment(
        self, person_id: UUID, body: dict[str, Any]
    ) -> tuple[Sequence[Any], tuple[FieldError, ...]]:
        """Errors of the given fields: pydantic's of malformed ones, and those of the rules."""
        account = await self.account(person_id)
        draft, malformed = read_employment_draft(body)
        errors = employment_draft_errors(
            draft, self.rules, project=account.project, country=account.country
        )
        payer = drafted_payer(draft)
        if payer is not None:
            try:
                await self.proposals.require_declarable(payer)
            except InvalidForm as invalid:
                errors += invalid.errors
        return malformed, errors

    async def complete(self, person_id: UUID, meta: Meta) -> None:
        """Raises AccountClosed, EmailNotVerified or StepsMissing."""
        await self.account(person_id)
        command = CompleteApplication(now=self.clock())
        await execute(self.store, self.applications, person_id, command, meta=meta)

    async def account(self, person_id: UUID) -> Account:
        """Raises AccountClosed."""
        async with self.store.engine.connect() as connection:
            return await require_open_account(connection, person_id)

    async def _employments(
        self, declared: tuple[EmploymentDeclared, ...]
    ) -> list[DeclaredEmployment]:
        decrypted = await self.reader.decrypted(declared)
        payers: dict[UUID, PayerRow | None] = {}
        async with self.store.engine.connect() as connection:
            for payer_id in {event.payer_id for event in declared}:
                payers[payer_id] = await _current_payer(connection, payer_id)
        return [
            DeclaredEmployment(declared=event, payer=payers[event.payer_id]) for event in decrypted
        ]


async def _current_payer(connection: AsyncConnection, payer_id: UUID) -> PayerRow | None:
    """The payer, or for a refused duplicate the payer that it duplicates."""
    row = await find_payer(connection, payer_id)
    if row is not None and row.same_as is not None:
        return await find_payer(connection, row.same_as)
    return row

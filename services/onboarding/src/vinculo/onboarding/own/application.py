"""A person's own application: the steps after activation, and how far it has come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import Category, PostgresEventStore, execute
from vinculo.onboarding.domain.activation_decisions import require_in_progress
from vinculo.onboarding.domain.application import (
    Application,
    ApplicationEvent,
    EmploymentDeclared,
    InProgress,
)
from vinculo.onboarding.domain.application_decisions import (
    ApplicationCommand,
    CompleteApplication,
    DeclareEmployment,
)
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
from vinculo.onboarding.income.payer_proposals import PayerProposals
from vinculo.onboarding.own.history import OwnHistory, own_history
from vinculo.onboarding.own.opening import Opener
from vinculo.onboarding.own.person import OwnContacts, current_contacts, current_person
from vinculo.onboarding.storage.accounts import (
    Account,
    require_open_account,
)
from vinculo.onboarding.storage.payers import PayerRow, find_payer
from vinculo.privacy import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEmployment:
    """A declaration, opened, with the payer as it is known today."""

    declared: EmploymentDeclared
    payer: PayerRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    account: Account
    application: InProgress
    history: OwnHistory
    employment: OwnEmployment | None
    person: PersonIdentity | None
    contacts: OwnContacts
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnApplications:
    store: PostgresEventStore
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    keyring: KeyRing
    proposals: PayerProposals
    rules: EmploymentRules
    clock: Callable[[], datetime]

    async def progress(self, person_id: UUID) -> Progress:
        """Of what was declared only the last is opened: it is shown to be corrected."""
        account = await self.account(person_id)
        events = await self._events(person_id)
        history, opener = own_history(events), self._opener
        shown = await self._employments(history.employments[-1:])
        return Progress(
            account=account,
            application=require_in_progress(self.applications.decider.fold(events)),
            history=history,
            employment=shown[0] if shown else None,
            person=await current_person(opener, history),
            contacts=await current_contacts(opener, history),
            now=self.clock(),
        )

    async def employments(self, person_id: UUID) -> list[OwnEmployment]:
        """Everything that was declared, newest first."""
        await self.account(person_id)
        history = own_history(await self._events(person_id))
        return await self._employments(tuple(reversed(history.employments)))

    async def declare_employment(self, person_id: UUID, body: EmploymentBody, meta: Meta) -> None:
        """Raises FormRefused. A payer that is typed in is proposed first, in its own stream."""
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
            self.store, self.applications, person_id, command, sealer=self.keyring, meta=meta
        )

    async def check_employment(
        self, person_id: UUID, body: dict[str, Any]
    ) -> tuple[Sequence[Any], tuple[FieldError, ...]]:
        """What declaring would refuse of the fields given: pydantic's errors, and ours."""
        account = await self.account(person_id)
        draft, misshapen = read_employment_draft(body)
        faults = employment_draft_errors(
            draft, self.rules, project=account.project, country=account.country
        )
        payer = drafted_payer(draft)
        if payer is not None:
            try:
                await self.proposals.require_declarable(payer)
            except InvalidForm as invalid:
                faults += invalid.errors
        return misshapen, faults

    async def complete(self, person_id: UUID, meta: Meta) -> None:
        await self.account(person_id)
        command = CompleteApplication(now=self.clock())
        await execute(self.store, self.applications, person_id, command, meta=meta)

    async def account(self, person_id: UUID) -> Account:
        """Raises AccountClosed."""
        async with self.store.engine.connect() as connection:
            return await require_open_account(connection, person_id)

    @property
    def _opener(self) -> Opener:
        return Opener(applications=self.applications, keyring=self.keyring)

    async def _events(self, person_id: UUID) -> list[ApplicationEvent]:
        codec = self.applications.codec
        stored = await self.store.read(self.applications.stream_id(person_id))
        return [codec.decode(event) for event in stored]

    async def _employments(self, declared: tuple[EmploymentDeclared, ...]) -> list[OwnEmployment]:
        opened = await self._opener.opened(declared)
        payers: dict[UUID, PayerRow | None] = {}
        async with self.store.engine.connect() as connection:
            for payer_id in {event.payer_id for event in declared}:
                payers[payer_id] = await _survivor(connection, payer_id)
        return [OwnEmployment(declared=event, payer=payers[event.payer_id]) for event in opened]


async def _survivor(connection: AsyncConnection, payer_id: UUID) -> PayerRow | None:
    """What was declared stays; of a refused duplicate the payer that it duplicates is shown."""
    row = await find_payer(connection, payer_id)
    if row is not None and row.same_as is not None:
        return await find_payer(connection, row.same_as)
    return row

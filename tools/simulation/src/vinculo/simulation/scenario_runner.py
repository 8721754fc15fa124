"""Runs the scenario of one person: the applicant's steps, the review, loans and status changes."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from vinculo.contracts.credit import CreditApplicationStatus
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.credit_system import CreditSystem
from vinculo.simulation.document_files import corrupted, make_file, required_files
from vinculo.simulation.gateway_client import GatewayClient, RequestRefused
from vinculo.simulation.inboxes import ActivationLink, Mailbox, activation_link_in
from vinculo.simulation.operator_client import OperatorClient
from vinculo.simulation.outcomes import Outcomes
from vinculo.simulation.people import Person
from vinculo.simulation.polling import wait_until
from vinculo.simulation.progress import Step, StepProgress
from vinculo.simulation.scenarios import (
    Ending,
    LoanHistory,
    OperatorAction,
    RegistrationHistory,
    Scenario,
)

REJECTED_KIND = "payslip"
PRINCIPAL_IN_SALARIES = 8
LIMIT_IN_PRINCIPALS = 2
LIMIT_VALIDITY = timedelta(days=365)
STRANGERS_PASSWORD = "la clave de quien no es titular 7"  # noqa: S105 - of a generated person


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """The clients and counters that all scenarios share; `payers` are ids by name."""

    gateway: GatewayClient
    mailbox: Mailbox
    operator: OperatorClient
    administrator: OperatorClient
    credit: CreditSystem
    payers: dict[str, UUID]
    progress: StepProgress
    outcomes: Outcomes


class StrangerSignedInError(Exception):
    """A password that the owner of the account did not choose opened it."""


class ScenarioRunner:
    def __init__(self, context: RunContext, scenario: Scenario) -> None:
        self._context = context
        self._scenario = scenario
        self._applicant = self._client(scenario.person)

    async def run(self) -> None:
        scenario, context = self._scenario, self._context
        link = await self._register()
        if link is None:
            context.outcomes.already_registered.append(scenario.person.email)
            return
        if scenario.ending is Ending.NEVER_ACTIVATES:
            context.outcomes.count_person("pre_customer", "pending_email_verification")
            return
        await self._applicant.activate(link)
        context.progress.count(Step.ACTIVATED)
        if scenario.registrations is RegistrationHistory.ATTACKED:
            await self._try_the_strangers_password()
        if scenario.has_second_registration:
            await self._register_same_document_again()
        await self._complete_steps()
        if scenario.is_erased:
            await self._erase()
        elif scenario.becomes_customer:
            await self._become_customer()
        else:
            await self._remain_pre_customer()

    async def _register(self) -> ActivationLink | None:
        """The activation link; None if the document was registered in an earlier run."""
        address, mailbox = self._scenario.person.email, self._context.mailbox
        before = len(await mailbox.mails_to(address))
        earlier = 0 if before else await self._register_before()
        await self._applicant.register()
        if before:
            return None
        mail = await mailbox.wait_for(address, skip=earlier)
        self._context.progress.count(Step.REGISTERED)
        return activation_link_in(mail)

    async def _register_before(self) -> int:
        """Send what precedes the registration; how many mails to the person it caused."""
        person, outcomes = self._scenario.person, self._context.outcomes
        match self._scenario.registrations:
            case RegistrationHistory.ONCE:
                return 0
            case RegistrationHistory.MISTYPED_ADDRESS:
                await self._client(replace(person, email=f"x{person.email}")).register()
                outcomes.mistyped_addresses += 1
                return 0
            case RegistrationHistory.TWICE:
                await self._applicant.register()
                outcomes.registered_twice += 1
            case RegistrationHistory.ATTACKED:
                await self._stranger().register()
        await self._context.mailbox.wait_for(person.email)
        return 1

    async def _try_the_strangers_password(self) -> None:
        """Who registered first, with the owner's document and address, must not get in."""
        try:
            await self._stranger().sign_in()
        except RequestRefused:
            self._context.outcomes.repelled_strangers += 1
        else:
            raise StrangerSignedInError

    def _stranger(self) -> ApplicantClient:
        return self._client(replace(self._scenario.person, password=STRANGERS_PASSWORD))

    def _client(self, person: Person) -> ApplicantClient:
        return ApplicantClient(self._context.gateway, self._context.mailbox, person)

    async def _register_same_document_again(self) -> None:
        """The response does not differ, and the owner is notified."""
        owner = self._scenario.person
        impostor = replace(owner, email=f"otra.{owner.email}", phone=_other_phone(owner))
        before = len(await self._context.mailbox.mails_to(owner.email))
        await self._client(impostor).register()
        await self._context.mailbox.wait_for(owner.email, skip=before, subject_contains="document")
        self._context.outcomes.second_registrations += 1

    async def _complete_steps(self) -> None:
        scenario, context = self._scenario, self._context
        if not scenario.continues_beyond(Ending.STOPS_AFTER_ACTIVATION):
            return
        payer = context.payers[scenario.person.employment.payer.name]
        await self._applicant.declare_employment(payer)
        context.progress.count(Step.EMPLOYED)
        if not scenario.continues_beyond(Ending.STOPS_AFTER_EMPLOYMENT) or scenario.is_erased:
            return
        await self._upload()
        if not scenario.continues_beyond(Ending.STOPS_DURING_DOCUMENTS):
            return
        context.progress.count(Step.DOCUMENTS)
        if scenario.continues_beyond(Ending.STOPS_BEFORE_COMPLETION):
            await self._applicant.complete()
            context.progress.count(Step.COMPLETED)

    async def _upload(self) -> None:
        files = required_files(self._scenario.person, datetime.now(UTC).date())
        if self._scenario.ending is Ending.STOPS_DURING_DOCUMENTS:
            result = await self._applicant.upload(corrupted(files[0]))
            self._context.outcomes.rejected_files += result["state"] == "failed"
            files = files[:2]
        await self._applicant.upload_all(files)

    async def _remain_pre_customer(self) -> None:
        scenario, context, person_id = self._scenario, self._context, self._applicant.person_id
        if scenario.ending is Ending.REJECTED:
            await self._reject_a_document()
            context.progress.count(Step.REVIEWED)
        status = "pending"
        if scenario.operator_action is OperatorAction.BLOCKED:
            await context.operator.wait_for_status(person_id, "pending")
            await context.operator.block(person_id, "El documento no corresponde a la persona.")
            context.progress.count(Step.STATUS_CHANGED)
            status = "blocked"
        context.outcomes.count_person("pre_customer", status)

    async def _become_customer(self) -> None:
        scenario, context, person_id = self._scenario, self._context, self._applicant.person_id
        if scenario.ending is Ending.REPLACES_REJECTED_DOCUMENT:
            await self._reject_a_document()
            today = datetime.now(UTC).date()
            await self._applicant.upload(make_file(REJECTED_KIND, scenario.person, today))
        if scenario.is_reviewed:
            await self._wait_for_submitted_dossier()
            await context.operator.accept_dossier(person_id)
            context.progress.count(Step.REVIEWED)
        await context.operator.wait_for_status(person_id, "enabled")
        context.progress.count(Step.PROMOTED)
        await self._borrow()
        context.outcomes.count_person("customer", await self._apply_operator_action())

    async def _reject_a_document(self) -> None:
        await self._wait_for_submitted_dossier()
        await self._context.operator.reject_kind(
            self._applicant.person_id, REJECTED_KIND, "illegible", "No se lee el valor pagado."
        )

    async def _wait_for_submitted_dossier(self) -> None:
        async def submitted() -> bool | None:
            found = await self._context.operator.dossier(self._applicant.person_id)
            return True if found["status"] == "submitted" else None

        await wait_until(f"the submitted dossier of {self._applicant.person_id}", submitted)

    async def _borrow(self) -> None:
        scenario, context, person_id = self._scenario, self._context, self._applicant.person_id
        principal = scenario.person.employment.net_monthly_salary_cents * PRINCIPAL_IN_SALARIES
        received = await context.credit.receive_application(person_id, requested_cents=principal)
        study = await context.credit.move_application(received, "study")
        if scenario.loans is LoanHistory.NONE:
            return
        await context.credit.move_application(
            study,
            "disbursement",
            CreditApplicationStatus.DISBURSED,
            approved_cents=principal,
        )
        await context.credit.assign_limit(
            person_id,
            limit_cents=principal * LIMIT_IN_PRINCIPALS,
            valid_until=datetime.now(UTC).date() + LIMIT_VALIDITY,
        )
        loan = await context.credit.open_loan(person_id, principal_cents=principal)
        if scenario.loans is LoanHistory.CLOSED:
            await context.credit.close(loan)
        if scenario.loans is LoanHistory.TWO:
            await context.credit.open_loan(person_id, principal_cents=principal // 4)
        if scenario.loans is LoanHistory.REFINANCED:
            await context.credit.refinance(loan, principal_cents=principal * 2)
        context.progress.count(Step.LOANS)
        context.outcomes.with_loans += scenario.loans is not LoanHistory.CLOSED

    async def _apply_operator_action(self) -> str:
        """The customer's final status."""
        scenario, context, person_id = self._scenario, self._context, self._applicant.person_id
        match scenario.operator_action:
            case OperatorAction.NONE:
                return "enabled"
            case OperatorAction.DISABLED:
                await context.operator.disable(person_id, "Lo pidió por teléfono.")
                status = "disabled"
            case OperatorAction.BLOCKED:
                await context.operator.block(person_id)
                status = "blocked"
            case OperatorAction.UNBLOCKED:
                await context.operator.block(person_id)
                await context.administrator.unblock(person_id, "Se verificó su identidad.")
                status = "pending"
        context.progress.count(Step.STATUS_CHANGED)
        return status

    async def _erase(self) -> None:
        context, person_id = self._context, self._applicant.person_id
        await context.administrator.wait_for_status(person_id, "pending")
        erasure_id = await context.administrator.erase(
            person_id, "incorrect", "Registro creado por error."
        )
        await context.administrator.wait_for_key_destruction(erasure_id)
        context.outcomes.erased += 1
        context.progress.count(Step.ERASED)


def _other_phone(person: Person) -> str:
    """A different valid number."""
    last = (int(person.phone[-1]) + 1) % 10
    return f"{person.phone[:-1]}{last}"

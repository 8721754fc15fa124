"""One person's whole way through the system, as planned."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from vinculo.contracts.credit import CreditApplicationStatus
from vinculo.simulation.applicant import Applicant
from vinculo.simulation.conditions import until
from vinculo.simulation.credit_system import CreditSystem
from vinculo.simulation.files import file_of, required_files, spoiled
from vinculo.simulation.gateway import Gateway
from vinculo.simulation.mails import Link, MailBox, link_in
from vinculo.simulation.operations import Operator
from vinculo.simulation.outcomes import Outcomes
from vinculo.simulation.people import Person
from vinculo.simulation.plans import Ending, Later, Loans, Plan
from vinculo.simulation.progress import Step, Steps

REJECTED_KIND = "payslip"
MONTHS_LENT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything and everybody a person meets on the way; `payers` by name."""

    gateway: Gateway
    mails: MailBox
    operator: Operator
    administrator: Operator
    credit: CreditSystem
    payers: dict[str, UUID]
    steps: Steps
    outcomes: Outcomes


class Walk:
    def __init__(self, around: Surroundings, plan: Plan) -> None:
        self._around = around
        self._plan = plan
        self._applicant = Applicant(around.gateway, around.mails, plan.person)

    async def go(self) -> None:
        plan, around = self._plan, self._around
        link = await self._register()
        if link is None:
            around.outcomes.already_registered.append(plan.person.email)
            return
        if plan.ending is Ending.NEVER_ACTIVATES:
            around.outcomes.stands("pre_customer", "pending_email_verification")
            return
        await self._applicant.activate(link)
        around.steps.count(Step.ACTIVATED)
        if plan.is_registered_twice:
            await self._someone_tries_the_same_document()
        await self._fill_in()
        if plan.is_erased:
            await self._be_erased()
        elif plan.becomes_customer:
            await self._become_customer()
        else:
            await self._stay_pre_customer()

    async def _register(self) -> Link | None:
        """Give the link of the mail; None when the document was registered in an earlier run."""
        address, mails = self._plan.person.email, self._around.mails
        before = len(await mails.all(address))
        await self._applicant.register()
        if before:
            return None
        mail = await mails.wait_for(address)
        self._around.steps.count(Step.REGISTERED)
        return link_in(mail)

    async def _someone_tries_the_same_document(self) -> None:
        """The answer is the same as ever, and the owner is told."""
        owner = self._plan.person
        twin = replace(owner, email=f"otra.{owner.email}", phone=_other_phone(owner))
        before = len(await self._around.mails.all(owner.email))
        await Applicant(self._around.gateway, self._around.mails, twin).register()
        await self._around.mails.wait_for(owner.email, after=before, about="document")
        self._around.outcomes.duplicates_refused += 1

    async def _fill_in(self) -> None:
        plan, around = self._plan, self._around
        if not plan.reaches(Ending.STOPS_AFTER_ACTIVATION):
            return
        payer = around.payers[plan.person.employment.payer.name]
        await self._applicant.declare_employment(payer)
        around.steps.count(Step.EMPLOYED)
        if not plan.reaches(Ending.STOPS_AFTER_EMPLOYMENT) or plan.is_erased:
            return
        await self._upload()
        if not plan.reaches(Ending.STOPS_AMONG_DOCUMENTS):
            return
        around.steps.count(Step.DOCUMENTS)
        if plan.reaches(Ending.STOPS_BEFORE_COMPLETION):
            await self._applicant.complete()
            around.steps.count(Step.COMPLETED)

    async def _upload(self) -> None:
        files = required_files(self._plan.person, datetime.now(UTC).date())
        if self._plan.ending is Ending.STOPS_AMONG_DOCUMENTS:
            answer = await self._applicant.upload(spoiled(files[0]))
            self._around.outcomes.unfit_files += answer["state"] == "failed"
            files = files[:2]
        await self._applicant.upload_all(files)

    async def _stay_pre_customer(self) -> None:
        plan, around, person_id = self._plan, self._around, self._applicant.person_id
        if plan.ending is Ending.REJECTED:
            await self._reject_a_document()
            around.steps.count(Step.REVIEWED)
        status = "pending"
        if plan.later is Later.BLOCKED:
            await around.operator.record_when(person_id, "pending")
            await around.operator.block(person_id, "El documento no corresponde a la persona.")
            around.steps.count(Step.MOVED)
            status = "blocked"
        around.outcomes.stands("pre_customer", status)

    async def _become_customer(self) -> None:
        plan, around, person_id = self._plan, self._around, self._applicant.person_id
        if plan.ending is Ending.MENDS_REJECTION:
            await self._reject_a_document()
            today = datetime.now(UTC).date()
            await self._applicant.upload(file_of(REJECTED_KIND, plan.person, today))
        if plan.is_reviewed:
            await self._dossier_submitted()
            await around.operator.accept_dossier(person_id)
            around.steps.count(Step.REVIEWED)
        await around.operator.record_when(person_id, "enabled")
        around.steps.count(Step.PROMOTED)
        await self._borrow()
        around.outcomes.stands("customer", await self._what_operations_do())

    async def _reject_a_document(self) -> None:
        await self._dossier_submitted()
        await self._around.operator.reject_kind(
            self._applicant.person_id, REJECTED_KIND, "illegible", "No se lee el valor pagado."
        )

    async def _dossier_submitted(self) -> None:
        async def submitted() -> bool | None:
            found = await self._around.operator.dossier(self._applicant.person_id)
            return True if found["status"] == "submitted" else None

        await until(f"the dossier of {self._applicant.person_id} submitted", submitted)

    async def _borrow(self) -> None:
        plan, around, person_id = self._plan, self._around, self._applicant.person_id
        principal = plan.person.employment.net_monthly_salary_cents * MONTHS_LENT
        asked = await around.credit.receive_application(person_id, requested_cents=principal)
        study = await around.credit.move_application(asked, "study")
        if plan.loans is Loans.NONE:
            return
        await around.credit.move_application(
            study,
            "disbursement",
            CreditApplicationStatus.DISBURSED,
            approved_cents=principal,
        )
        loan = await around.credit.open_loan(person_id, principal_cents=principal)
        if plan.loans is Loans.CLOSED:
            await around.credit.close(loan)
        if plan.loans is Loans.TWO:
            await around.credit.open_loan(person_id, principal_cents=principal // 4)
        if plan.loans is Loans.REFINANCED:
            await around.credit.refinance(loan, principal_cents=principal * 2)
        around.steps.count(Step.LOANS)
        around.outcomes.with_loans += plan.loans is not Loans.CLOSED

    async def _what_operations_do(self) -> str:
        """Give the status that the customer ends in."""
        plan, around, person_id = self._plan, self._around, self._applicant.person_id
        match plan.later:
            case Later.NOTHING:
                return "enabled"
            case Later.DISABLED:
                await around.operator.disable(person_id, "Lo pidió por teléfono.")
                status = "disabled"
            case Later.BLOCKED:
                await around.operator.block(person_id)
                status = "blocked"
            case Later.UNBLOCKED:
                await around.operator.block(person_id)
                await around.administrator.unblock(person_id, "Se verificó su identidad.")
                status = "pending"
        around.steps.count(Step.MOVED)
        return status

    async def _be_erased(self) -> None:
        around, person_id = self._around, self._applicant.person_id
        await around.administrator.record_when(person_id, "pending")
        erasure_id = await around.administrator.erase(
            person_id, "incorrect", "Registro creado por error."
        )
        await around.administrator.erasure_when_key_destroyed(erasure_id)
        around.outcomes.erased += 1
        around.steps.count(Step.ERASED)


def _other_phone(person: Person) -> str:
    """Another number of the same kind."""
    last = (int(person.phone[-1]) + 1) % 10
    return f"{person.phone[:-1]}{last}"

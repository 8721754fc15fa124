"""The reports of a credit system about one customer: applications for credit and loans.

Credit systems are outside of Vínculo and have no codec; their reports are the contracts' models.
"""

from typing import Final

from vinculo.contracts.credit import (
    CreditApplicationReported,
    CreditApplicationStatus,
    Loan,
    LoanClosed,
    LoanOpened,
    LoanRefinanced,
    LoanStatus,
)
from vinculo.population.lifecycles import CreditHistory
from vinculo.population.person_streams import MINUTES_PER_DAY, PersonStreams
from vinculo.simulation.credit_system import STAGES

CURRENCY: Final = "COP"
CREDIT_LINE: Final = "libranza"
MINUTES_BETWEEN_REPORTS: Final = 40 * MINUTES_PER_DAY


def report_credit(streams: PersonStreams, history: CreditHistory) -> None:
    """All reports of the history."""
    credit = _CustomerCredit(streams)
    match history:
        case CreditHistory.APPLICATION:
            credit.apply("study", CreditApplicationStatus.OPEN)
        case CreditHistory.ONE:
            credit.borrow()
        case CreditHistory.TWO:
            credit.borrow()
            credit.borrow()
        case CreditHistory.REFINANCED:
            old, new = credit.borrow(), credit.borrow()
            credit.end(old, LoanRefinanced, LoanStatus.REFINANCED, replaced_by=new)
        case CreditHistory.CLOSED:
            credit.end(credit.borrow(), LoanClosed, LoanStatus.CLOSED)
        case CreditHistory.NONE:
            pass


class _CustomerCredit:
    """Ids contain the registration number."""

    def __init__(self, streams: PersonStreams) -> None:
        self._streams = streams
        self._number = streams.person.number + 1
        self._loans = 0

    def apply(self, stage: str, status: CreditApplicationStatus) -> int:
        """The requested amount in centavos."""
        requested_cents = self._streams.rng.randrange(20, 600) * 10_000_000
        now = self._streams.advance(MINUTES_BETWEEN_REPORTS)
        is_open = status is CreditApplicationStatus.OPEN
        application = CreditApplicationReported(
            application_id=f"SC-{self._number}-{self._loans + 1}",
            application_version=1,
            line=CREDIT_LINE,
            stage=stage,
            stage_name=STAGES[stage],
            status=status,
            currency=CURRENCY,
            requested_cents=requested_cents,
            approved_cents=None if is_open else requested_cents,
            submitted_at=now,
            stage_since=now,
            reported_at=now,
        )
        self._streams.report(application)
        return requested_cents

    def borrow(self) -> Loan:
        """A granted application and the loan."""
        principal_cents = self.apply("disbursement", CreditApplicationStatus.DISBURSED)
        self._loans += 1
        loan = LoanOpened(
            loan_id=f"LB-{self._number}-{self._loans}",
            loan_version=1,
            status=LoanStatus.ACTIVE,
            currency=CURRENCY,
            principal_cents=principal_cents,
            outstanding_cents=principal_cents * self._streams.rng.randrange(20, 101) // 100,
            disbursed_at=self._streams.now,
            reported_at=self._streams.now,
        )
        self._streams.report(loan)
        return loan

    def end(
        self, loan: Loan, event: type[Loan], status: LoanStatus, replaced_by: Loan | None = None
    ) -> None:
        now = self._streams.advance(MINUTES_BETWEEN_REPORTS)
        ended = event(
            loan_id=loan.loan_id,
            loan_version=loan.loan_version + 1,
            status=status,
            currency=loan.currency,
            principal_cents=loan.principal_cents,
            outstanding_cents=0,
            disbursed_at=loan.disbursed_at,
            closed_at=now,
            replaced_by_loan_id=None if replaced_by is None else replaced_by.loan_id,
            reported_at=now,
        )
        self._streams.report(ended)

"""Events that credit systems publish.

Each carries the full state of the loan, or of the application for credit, as of `reported_at`.
"""

from enum import StrEnum

from vinculo.contracts.envelope import Cents, Currency, Facts, Instant


class LoanStatus(StrEnum):
    ACTIVE = "active"
    REFINANCED = "refinanced"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"
    CANCELLED = "cancelled"


class Loan(Facts):
    """`loan_version` rises with every report of one loan; older ones are ignored.

    A loan is active while it is disbursed and not closed, arrears included. A refinanced one names
    the loan that replaced it.
    """

    loan_id: str
    loan_version: int
    status: LoanStatus
    currency: Currency
    principal_cents: Cents
    outstanding_cents: Cents
    disbursed_at: Instant
    closed_at: Instant | None = None
    replaced_by_loan_id: str | None = None
    reported_at: Instant


class LoanOpened(Loan):
    pass


class LoanRefinanced(Loan):
    pass


class LoanClosed(Loan):
    pass


class LoanWrittenOff(Loan):
    pass


class LoanCancelled(Loan):
    pass


class LoanReported(Loan):
    pass


class CreditApplicationStatus(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DISBURSED = "disbursed"


class CreditApplicationReported(Facts):
    """An application for credit, as it stands: told again whenever its stage or status changes.

    `application_version` rises with every report of one application; older ones are ignored.
    `line` and `stage` are the credit system's codes, `stage_name` its words for the stage; nothing
    personal is in any of them.
    """

    application_id: str
    application_version: int
    line: str
    stage: str
    stage_name: str | None = None
    status: CreditApplicationStatus
    currency: Currency
    requested_cents: Cents
    approved_cents: Cents | None = None
    submitted_at: Instant
    stage_since: Instant
    reported_at: Instant

"""Events that credit systems publish, as the registry reads them.

Each carries the full state of the loan, the application for credit or the credit limit. The
registry alone reads them, strictly: a record that does not fit its model is refused.
"""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from vinculo.contracts.envelope import Cents, Currency, Facts, Instant

MAX_VERSION: Final = 2**53 - 1
"""The largest integer that every JSON reader reads exactly."""
EVENT_ID_PATTERN: Final = "[!-~]{1,200}"
"""A `ce_id`: visible ASCII characters."""
SOURCE_PATTERN: Final = r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]{1,200}"
"""A `ce_source`: the characters of a URI reference."""
_TIMESTAMP: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def is_timestamp(text: str) -> bool:
    """Whether the text has the form of RFC 3339; its numbers may still be out of range."""
    return _TIMESTAMP.fullmatch(text) is not None


def _moment(value: Any) -> datetime:  # noqa: ANN401 - whatever the record has
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and is_timestamp(value):
        return datetime.fromisoformat(value.upper())
    raise ValueError("not a time as in RFC 3339")


ExternalId = Annotated[str, Field(min_length=1, max_length=200)]
"""An id that a credit system gives."""
ReportVersion = Annotated[int, Field(ge=1, le=MAX_VERSION)]
Code = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[str, Field(max_length=200)]
ReportedInstant = Annotated[Instant, BeforeValidator(_moment)]


class LoanStatus(StrEnum):
    ACTIVE = "active"
    REFINANCED = "refinanced"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"
    CANCELLED = "cancelled"


ENDED: Final = frozenset(LoanStatus) - {LoanStatus.ACTIVE}
"""A loan with any other status is active, also with one that this version does not know."""


class Loan(Facts):
    """`loan_version` rises with every report of one loan; older ones are ignored.

    A loan is active while it is disbursed and not closed, arrears included. A refinanced one names
    the loan that replaced it. `ended_as` is the status that every report of the type has.
    """

    ended_as: ClassVar[LoanStatus | None] = None

    loan_id: ExternalId
    loan_version: ReportVersion
    status: Code
    currency: Currency
    principal_cents: Cents
    outstanding_cents: Cents
    disbursed_at: ReportedInstant
    closed_at: ReportedInstant | None = None
    replaced_by_loan_id: ExternalId | None = None
    reported_at: ReportedInstant

    @property
    def is_active(self) -> bool:
        return self.status not in ENDED

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.ended_as is not None and self.status != self.ended_as:
            raise ValueError("the status is not that of the event type")
        if self.replaced_by_loan_id == self.loan_id:
            raise ValueError("the loan is replaced by itself")
        return self


class LoanOpened(Loan):
    """The loan was paid out, so it is active."""

    @model_validator(mode="after")
    def _is_open(self) -> Self:
        if not self.is_active:
            raise ValueError("the status is not that of the event type")
        return self


class LoanRefinanced(Loan):
    """Another loan replaced it; the status is `refinanced`."""

    ended_as = LoanStatus.REFINANCED


class LoanClosed(Loan):
    """The loan was repaid; the status is `closed`."""

    ended_as = LoanStatus.CLOSED


class LoanWrittenOff(Loan):
    """The status is `written_off`."""

    ended_as = LoanStatus.WRITTEN_OFF


class LoanCancelled(Loan):
    """The loan was undone; the status is `cancelled`."""

    ended_as = LoanStatus.CANCELLED


class LoanReported(Loan):
    """The state of the loan, whatever it is."""


class CreditLimitAssigned(Facts):
    """What one credit system lends the person at most.

    `limit_version` rises with every limit of one person by one system; older ones are ignored.
    """

    limit_cents: Cents
    currency: Currency
    limit_version: ReportVersion
    valid_until: date | None = None


class CreditApplicationStatus(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DISBURSED = "disbursed"


class CreditApplicationReported(Facts):
    """An application for credit, as it stands: repeated whenever its stage or status changes.

    `application_version` rises with every report of one application. Reports may arrive in any
    order: the highest version is the present state, and every stage is kept with its date.
    `line` and `stage` are the credit system's codes, `stage_name` its words for the stage; nothing
    personal is in any of them.
    """

    application_id: ExternalId
    application_version: ReportVersion
    line: Code
    stage: Code
    stage_name: Words | None = None
    status: CreditApplicationStatus
    currency: Currency
    requested_cents: Cents
    approved_cents: Cents | None = None
    submitted_at: ReportedInstant
    stage_since: ReportedInstant
    reported_at: ReportedInstant

"""One loan, application for credit or credit limit of one person, as a credit system reports it.

A stream has one of them. What was reported of it for another person is in that person's stream.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRecorded:
    """The full state of the loan. `report` is the report's type, `active` is read from `status`."""

    source: str
    report: str
    loan_id: str
    loan_version: int
    status: str
    active: bool
    currency: str
    principal_cents: int
    outstanding_cents: int
    disbursed_at: datetime
    closed_at: datetime | None
    replaced_by_loan_id: str | None
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanMovedAway:
    """A newer report names another person."""

    source: str
    loan_id: str
    loan_version: int
    to_person_id: UUID
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditApplicationRecorded:
    """The application as of one of its versions, in whatever order they come."""

    source: str
    application_id: str
    application_version: int
    line: str
    stage: str
    stage_name: str | None
    status: str
    currency: str
    requested_cents: int
    approved_cents: int | None
    submitted_at: datetime
    stage_since: datetime
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditApplicationMovedAway:
    """A newer report names another person."""

    source: str
    application_id: str
    application_version: int
    to_person_id: UUID
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLimitRecorded:
    source: str
    limit_cents: int
    currency: str
    limit_version: int
    valid_until: date | None
    reported_at: datetime


CreditRecorded: TypeAlias = LoanRecorded | CreditApplicationRecorded | CreditLimitRecorded
CreditMovedAway: TypeAlias = LoanMovedAway | CreditApplicationMovedAway
CreditEvent: TypeAlias = CreditRecorded | CreditMovedAway


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditState:
    """The recorded versions, and whether the last event says that it is this person's."""

    versions: frozenset[int] = frozenset()
    is_present: bool = False

    @property
    def last_version(self) -> int:
        return max(self.versions, default=0)


NOTHING_RECORDED = CreditState()


def evolve(state: CreditState, event: CreditEvent) -> CreditState:
    return replace(
        state,
        versions=state.versions | {version_of(event)},
        is_present=not isinstance(event, LoanMovedAway | CreditApplicationMovedAway),
    )


def version_of(event: CreditEvent) -> int:
    """The credit system's version of the report."""
    match event:
        case LoanRecorded() | LoanMovedAway():
            return event.loan_version
        case CreditApplicationRecorded() | CreditApplicationMovedAway():
            return event.application_version
        case CreditLimitRecorded():
            return event.limit_version

"""What the registry has accepted of credit systems' reports, and what it has refused.

The streams `credit-<id>` have one loan, application or limit of one person each. They are gapless,
and every reader but the registry knows loans from them only.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from vinculo.contracts.credit import CreditApplicationStatus
from vinculo.contracts.envelope import Cents, Currency, Facts, Instant


class LoanRecorded(Facts):
    """The full state of a loan as reported. `report` is the type of the report.

    `active` is the registry's reading of `status`, also of one that readers do not know. Versions
    within a stream rise.
    """

    source: str
    report: str
    loan_id: str
    loan_version: int
    status: str
    active: bool
    currency: Currency
    principal_cents: Cents
    outstanding_cents: Cents
    disbursed_at: Instant
    closed_at: Instant | None
    replaced_by_loan_id: str | None
    reported_at: Instant


class LoanMovedAway(Facts):
    """A newer report names another person: the loan is no longer this person's."""

    source: str
    loan_id: str
    loan_version: int
    to_person_id: UUID
    reported_at: Instant


class CreditApplicationRecorded(Facts):
    """An application for credit as of one of its versions, in whatever order they came.

    The highest version is the present state; each tells since when its stage was reached.
    """

    source: str
    application_id: str
    application_version: int
    line: str
    stage: str
    stage_name: str | None
    status: CreditApplicationStatus
    currency: Currency
    requested_cents: Cents
    approved_cents: Cents | None
    submitted_at: Instant
    stage_since: Instant
    reported_at: Instant


class CreditApplicationMovedAway(Facts):
    """A newer report names another person: the application is no longer this person's."""

    source: str
    application_id: str
    application_version: int
    to_person_id: UUID
    reported_at: Instant


class CreditLimitRecorded(Facts):
    """What one credit system lends the person at most, from `reported_at` on."""

    source: str
    limit_cents: Cents
    currency: Currency
    limit_version: int
    valid_until: date | None
    reported_at: Instant


class RefusalReason(StrEnum):
    HEADER_MISSING = "header-missing"
    HEADER_INVALID = "header-invalid"
    KEY_NOT_SUBJECT = "key-not-subject"
    UNKNOWN_TYPE = "unknown-type"
    VALUE_MISSING = "value-missing"
    VALUE_NOT_JSON = "value-not-json"
    VALUE_INVALID = "value-invalid"
    NOT_APPLICABLE = "not-applicable"


class CreditReportRefused(Facts):
    """A record of a credit system that was not accepted, without anything of its content.

    `reported_event_id` is the record's `ce_id`, or null if that has another form than an id.
    """

    topic: str
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    reported_event_id: str | None
    reason_code: RefusalReason
    refused_at: Instant

"""The sections of loans, applications for credit and limits, as the registry records them.

A person has one stream per loan, application or limit. The section `credit_streams` has the last
applied event of each.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from vinculo.contracts import Facts
from vinculo.contracts.credit import LoanStatus
from vinculo.contracts.credit_records import (
    CreditApplicationMovedAway,
    CreditApplicationRecorded,
    CreditLimitRecorded,
    LoanMovedAway,
    LoanRecorded,
)
from vinculo.query_api.person_document.schema import (
    ApplicationStage,
    CreditApplicationReport,
    CreditLimit,
    CreditStream,
    LoanReport,
    Person,
    field_name,
)

CREDIT_SECTIONS: Final = ("credit_streams", "loans", "credit_applications", "credit_limits")
UUID_LENGTH: Final = 36
_CREDIT_RECORDS: Final = frozenset(
    {
        LoanRecorded,
        LoanMovedAway,
        CreditApplicationRecorded,
        CreditApplicationMovedAway,
        CreditLimitRecorded,
    }
)
_NEVER: Final[CreditStream] = {"version": 0, "event_id": None}


def last_applied(person: Person, stream_id: str) -> CreditStream:
    """The last applied event of a stream; version 0 before the first."""
    return person.get("credit_streams", {}).get(stream_key(stream_id), _NEVER)


def advance_stream(
    person: Person, stream_id: str, version: int, event_id: UUID | None, store_epoch: int | None
) -> None:
    stream: CreditStream = {"version": version, "event_id": event_id}
    if store_epoch is not None:
        stream["store_epoch"] = store_epoch
    person.setdefault("credit_streams", {})[stream_key(stream_id)] = stream


def stream_key(stream_id: str) -> str:
    """The stream's own id, without its category."""
    return stream_id[-UUID_LENGTH:]


def item_key(source: str, external_id: str) -> str:
    """A field name without dots and dollar signs, different for different loans."""
    return f"{field_name(source)}|{field_name(external_id)}"


def is_active(loan: LoanReport) -> bool:
    """Whether the loan counts; documents of older versions of the code have only the status."""
    return loan.get("active", loan["status"] == LoanStatus.ACTIVE.value)


def reported_at(event: Facts | None) -> datetime | None:
    """When the credit system reported it; None for any other event.

    The registry may append a report much later, as it did with all that came before its streams.
    """
    return getattr(event, "reported_at", None) if type(event) in _CREDIT_RECORDS else None


def fold_credit(person: Person, event: Facts) -> None:
    match event:
        case LoanRecorded():
            key = item_key(event.source, event.loan_id)
            person.setdefault("loans", {})[key] = _loan(event)
        case LoanMovedAway():
            person.get("loans", {}).pop(item_key(event.source, event.loan_id), None)
        case CreditApplicationRecorded():
            _fold_application(person, event)
        case CreditApplicationMovedAway():
            key = item_key(event.source, event.application_id)
            person.get("credit_applications", {}).pop(key, None)
        case CreditLimitRecorded():
            key = field_name(event.source)
            person.setdefault("credit_limits", {})[key] = _limit(event)


def _fold_application(person: Person, event: CreditApplicationRecorded) -> None:
    """The highest version is the present state; every version is a stage with its date."""
    applications = person.setdefault("credit_applications", {})
    key = item_key(event.source, event.application_id)
    known = applications.get(key)
    others = [] if known is None else known.get("stages", [])
    stages = sorted(
        [*(each for each in others if each["version"] != event.application_version), _stage(event)],
        key=lambda each: each["version"],
    )
    if known is None or event.application_version >= known["version"]:
        known = _application(event)
    applications[key] = {**known, "stages": stages}


def _loan(event: LoanRecorded) -> LoanReport:
    return {
        "version": event.loan_version,
        "source": event.source,
        "loan_id": event.loan_id,
        "status": event.status,
        "active": event.active,
        "currency": event.currency,
        "principal_cents": event.principal_cents,
        "outstanding_cents": event.outstanding_cents,
        "disbursed_at": event.disbursed_at,
        "closed_at": event.closed_at,
        "replaced_by_loan_id": event.replaced_by_loan_id,
        "reported_at": event.reported_at,
    }


def _application(event: CreditApplicationRecorded) -> CreditApplicationReport:
    return {
        "version": event.application_version,
        "source": event.source,
        "application_id": event.application_id,
        "line": event.line,
        "stage": event.stage,
        "stage_name": event.stage_name,
        "status": event.status.value,
        "currency": event.currency,
        "requested_cents": event.requested_cents,
        "approved_cents": event.approved_cents,
        "submitted_at": event.submitted_at,
        "stage_since": event.stage_since,
        "reported_at": event.reported_at,
        "stages": [],
    }


def _stage(event: CreditApplicationRecorded) -> ApplicationStage:
    return {
        "version": event.application_version,
        "stage": event.stage,
        "stage_name": event.stage_name,
        "status": event.status.value,
        "since": event.stage_since,
    }


def _limit(event: CreditLimitRecorded) -> CreditLimit:
    return {
        "version": event.limit_version,
        "source": event.source,
        "limit_cents": event.limit_cents,
        "currency": event.currency,
        "valid_until": None if event.valid_until is None else event.valid_until.isoformat(),
        "reported_at": event.reported_at,
    }

"""Reads the records of credit systems strictly, and says why one is refused.

Pure: what is accepted becomes an event of the registry's own.
"""

import re
from collections import Counter
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import orjson
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from pydantic import ValidationError

from vinculo.contracts import Facts, event_types, parse_strictly
from vinculo.contracts.credit import (
    EVENT_ID_PATTERN,
    SOURCE_PATTERN,
    CreditApplicationReported,
    CreditLimitAssigned,
    Loan,
    is_timestamp,
)
from vinculo.contracts.credit_records import RefusalReason
from vinculo.customer_registry.domain.credit import (
    CreditApplicationRecorded,
    CreditLimitRecorded,
    CreditRecorded,
    LoanRecorded,
)
from vinculo.messaging import ConsumedEvent, PoisonMessage, headers_of

REQUIRED: Final = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time")
_UUID: Final = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_FORMS: Final = {
    "ce_specversion": re.compile(r"1\.0"),
    "ce_id": re.compile(EVENT_ID_PATTERN),
    "ce_source": re.compile(SOURCE_PATTERN),
    "ce_type": re.compile(r"vinculo\.credit\.[a-z0-9.-]{1,100}"),
    "ce_subject": re.compile(_UUID),
}
_PUBLISHABLE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
"""Narrower than what is accepted, so that a refusal repeats no address or text."""
_NUL: Final = b"\\u0000"


class ReportInvalid(PoisonMessage):
    """The record is not as published."""

    def __init__(self, reason_code: RefusalReason, detail: str) -> None:
        super().__init__(f"{reason_code.value}: {detail}")
        self.reason_code = reason_code


def check_headers(record: ConsumerRecord) -> None:
    """Check headers and key.

    Raises:
        ReportInvalid: one is missing or has another form, or the key is not the subject.

    """
    names = Counter(name for name, _ in record.headers or ())
    headers = headers_of(record)
    for name in REQUIRED:
        if name not in names:
            raise ReportInvalid(RefusalReason.HEADER_MISSING, name)
        form = _FORMS.get(name)
        text = headers.get(name)
        if text is None or names[name] > 1 or (form is not None and not form.fullmatch(text)):
            raise ReportInvalid(RefusalReason.HEADER_INVALID, name)
    if not _is_moment(headers["ce_time"]):
        raise ReportInvalid(RefusalReason.HEADER_INVALID, "ce_time")
    if record.key != headers["ce_subject"].encode():
        raise ReportInvalid(RefusalReason.KEY_NOT_SUBJECT, "key")


def _is_moment(text: str) -> bool:
    if not is_timestamp(text):
        return False
    try:
        datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


def parse_report(topic: str, event_type: str, value: bytes) -> Facts | None:
    """The report, which may have fields that are not known; None for an unknown type.

    Raises:
        pydantic.ValidationError: a value has another type or is out of bounds.

    """
    return parse_strictly(topic, event_type, value)


def refusal_reason(topic: str, record: ConsumerRecord) -> RefusalReason:
    """Why the record was refused; `topic` is without the deployment's prefix."""
    try:
        check_headers(record)
    except ReportInvalid as invalid:
        return invalid.reason_code
    event_type = headers_of(record)["ce_type"].split(".", 2)[-1]
    if event_type not in event_types(topic):
        return RefusalReason.UNKNOWN_TYPE
    if record.value is None:
        return RefusalReason.VALUE_MISSING
    try:
        value = orjson.loads(record.value)
    except orjson.JSONDecodeError:
        return RefusalReason.VALUE_NOT_JSON
    if not isinstance(value, dict) or _NUL in record.value:
        return RefusalReason.VALUE_INVALID
    try:
        parse_report(topic, event_type, record.value)
    except (ValidationError, ValueError, OverflowError):
        return RefusalReason.VALUE_INVALID
    return RefusalReason.NOT_APPLICABLE


def publishable_event_id(record: ConsumerRecord) -> str | None:
    """The record's `ce_id`, unless it is missing or could be anything but an id."""
    event_id = headers_of(record).get("ce_id", "")
    return event_id if _PUBLISHABLE_ID.fullmatch(event_id) else None


def report_position(event: ConsumedEvent) -> tuple[str, int]:
    """What the credit system numbers, and its version.

    Stages of an application are kept in any order, so each version of a person's is a stream by
    itself. A source has no `|`.
    """
    match event.payload:
        case Loan() as loan:
            return f"{event.source}|loan|{loan.loan_id}", loan.loan_version
        case CreditLimitAssigned() as limit:
            return f"{event.source}|limit|{event.subject}", limit.limit_version
        case CreditApplicationReported() as application:
            version = application.application_version
            name = f"{event.source}|application|{application.application_id}"
            return f"{name}|{version}|{event.subject}", 1
        case _:
            raise PoisonMessage("the type is not a report")


def to_recorded(event: ConsumedEvent) -> tuple[UUID, CreditRecorded]:
    """The person, and the report as the registry records it.

    Raises:
        PoisonMessage: the event is not a report.

    """
    report = event.type.rpartition(".")[0]
    recorded = recorded_report(event.payload, report=report, source=event.source, time=event.time)
    return event.subject, recorded


def recorded_report(
    payload: Facts | None, *, report: str, source: str, time: datetime
) -> CreditRecorded:
    """What is recorded of a report; `report` is its type without version, `time` its `ce_time`."""
    match payload:
        case Loan():
            return LoanRecorded(
                source=source, report=report, active=payload.is_active, **payload.model_dump()
            )
        case CreditApplicationReported():
            facts = payload.model_dump() | {"status": payload.status.value}
            return CreditApplicationRecorded(source=source, **facts)
        case CreditLimitAssigned():
            return CreditLimitRecorded(source=source, reported_at=time, **payload.model_dump())
        case _:
            raise PoisonMessage("the type is not a report")

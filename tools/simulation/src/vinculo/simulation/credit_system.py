"""A simulated credit system that publishes loans and credit applications to Kafka.

Each record is a CloudEvent in binary mode with the full state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Self
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from vinculo.contracts import Facts, topics
from vinculo.contracts.credit import (
    CreditApplicationReported,
    CreditApplicationStatus,
    CreditLimitAssigned,
    Loan,
    LoanClosed,
    LoanOpened,
    LoanRefinanced,
    LoanReported,
    LoanStatus,
    LoanWrittenOff,
)
from vinculo.messaging import Record

TYPES: Mapping[type[Facts], str] = {
    CreditApplicationReported: "credit-application-reported.v1",
    CreditLimitAssigned: "credit-limit-assigned.v1",
    LoanOpened: "loan-opened.v1",
    LoanRefinanced: "loan-refinanced.v1",
    LoanClosed: "loan-closed.v1",
    LoanWrittenOff: "loan-written-off.v1",
    LoanReported: "loan-reported.v1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLoan:
    """The state of a loan in the credit system."""

    person_id: UUID
    loan_id: str
    version: int
    principal_cents: int
    outstanding_cents: int
    disbursed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApplication:
    """The state of a credit application in the credit system."""

    person_id: UUID
    application_id: str
    version: int
    requested_cents: int
    submitted_at: datetime


STAGES: Mapping[str, str] = {
    "filing": "Radicación",
    "study": "Estudio",
    "approval": "Aprobación",
    "disbursement": "Desembolso",
}


class CreditSystem:
    """`source` identifies the credit system; loan ids are unique within it."""

    def __init__(
        self, kafka: str, *, topic_prefix: str = "", source: str = "/demo-credit-system/loans"
    ) -> None:
        self._prefix = topic_prefix
        self._source = source
        self._kafka = kafka
        self._producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, enable_idempotence=True, acks="all"
        )
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def receive_application(
        self, person_id: UUID, *, requested_cents: int
    ) -> OpenApplication:
        """Publish a new application in its first stage."""
        application = OpenApplication(
            person_id=person_id,
            application_id=f"SC-{uuid4().hex[:10].upper()}",
            version=1,
            requested_cents=requested_cents,
            submitted_at=datetime.now(UTC),
        )
        await self._publish_application(application, "filing", CreditApplicationStatus.OPEN)
        return application

    async def move_application(
        self,
        application: OpenApplication,
        stage: str,
        status: CreditApplicationStatus = CreditApplicationStatus.OPEN,
        *,
        approved_cents: int | None = None,
    ) -> OpenApplication:
        moved = replace(application, version=application.version + 1)
        await self._publish_application(moved, stage, status, approved_cents)
        return moved

    async def open_loan(
        self,
        person_id: UUID,
        *,
        principal_cents: int,
        loan_id: str | None = None,
        disbursed_at: datetime | None = None,
    ) -> OpenLoan:
        loan = OpenLoan(
            person_id=person_id,
            loan_id=loan_id or f"LB-{uuid4().hex[:10].upper()}",
            version=1,
            principal_cents=principal_cents,
            outstanding_cents=principal_cents,
            disbursed_at=disbursed_at or datetime.now(UTC),
        )
        await self._publish_loan(loan, LoanOpened, LoanStatus.ACTIVE)
        return loan

    async def report(self, loan: OpenLoan, *, outstanding_cents: int) -> OpenLoan:
        """Publish the outstanding amount."""
        paid = replace(loan, version=loan.version + 1, outstanding_cents=outstanding_cents)
        await self._publish_loan(paid, LoanReported, LoanStatus.ACTIVE)
        return paid

    async def close(self, loan: OpenLoan) -> None:
        await self._end(loan, LoanClosed, LoanStatus.CLOSED)

    async def refinance(self, loan: OpenLoan, *, principal_cents: int) -> OpenLoan:
        """Replace the loan by a new one; the new loan."""
        new = await self.open_loan(loan.person_id, principal_cents=principal_cents)
        await self._end(
            loan, LoanRefinanced, LoanStatus.REFINANCED, replaced_by_loan_id=new.loan_id
        )
        return new

    async def assign_limit(
        self, person_id: UUID, *, limit_cents: int, valid_until: date | None, version: int = 1
    ) -> None:
        state = CreditLimitAssigned(
            limit_cents=limit_cents, currency="COP", limit_version=version, valid_until=valid_until
        )
        await self._send(topics.CREDIT_LOANS, person_id, state)

    async def _end(
        self,
        loan: OpenLoan,
        event: type[Loan],
        status: LoanStatus,
        replaced_by_loan_id: str | None = None,
    ) -> None:
        ended = replace(loan, version=loan.version + 1, outstanding_cents=0)
        await self._publish_loan(
            ended,
            event,
            status,
            closed_at=datetime.now(UTC),
            replaced_by_loan_id=replaced_by_loan_id,
        )

    async def _publish_loan(
        self,
        loan: OpenLoan,
        event: type[Loan],
        status: LoanStatus,
        *,
        closed_at: datetime | None = None,
        replaced_by_loan_id: str | None = None,
    ) -> None:
        state = event(
            loan_id=loan.loan_id,
            loan_version=loan.version,
            status=status,
            currency="COP",
            principal_cents=loan.principal_cents,
            outstanding_cents=loan.outstanding_cents,
            disbursed_at=loan.disbursed_at,
            closed_at=closed_at,
            replaced_by_loan_id=replaced_by_loan_id,
            reported_at=datetime.now(UTC),
        )
        await self._send(topics.CREDIT_LOANS, loan.person_id, state)

    async def _publish_application(
        self,
        application: OpenApplication,
        stage: str,
        status: CreditApplicationStatus,
        approved_cents: int | None = None,
    ) -> None:
        now = datetime.now(UTC)
        state = CreditApplicationReported(
            application_id=application.application_id,
            application_version=application.version,
            line="libranza",
            stage=stage,
            stage_name=STAGES.get(stage),
            status=status,
            currency="COP",
            requested_cents=application.requested_cents,
            approved_cents=approved_cents,
            submitted_at=application.submitted_at,
            stage_since=now,
            reported_at=now,
        )
        await self._send(topics.CREDIT_APPLICATIONS, application.person_id, state)

    async def _send(self, topic: str, person_id: UUID, state: Facts) -> None:
        if self._producer is None:
            raise RuntimeError("The credit system must be used as an async context manager")
        record = credit_record(
            f"{self._prefix}{topic}",
            state,
            source=self._source,
            person_id=person_id,
            event_id=uuid4(),
            sent_at=datetime.now(UTC),
        )
        await self._producer.send_and_wait(
            record.topic, key=record.key, value=record.value, headers=record.headers
        )


def credit_record(
    topic: str, state: Facts, *, source: str, person_id: UUID, event_id: UUID, sent_at: datetime
) -> Record:
    """The record by which a credit system reports the state; `topic` has its prefix."""
    person = str(person_id)
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(event_id),
        "ce_source": source,
        "ce_type": f"vinculo.credit.{TYPES[type(state)]}",
        "ce_subject": person,
        "ce_time": sent_at.isoformat(),
        "content-type": "application/json",
    }
    return Record(
        topic,
        person.encode(),
        state.model_dump_json().encode(),
        [(name, value.encode()) for name, value in headers.items()],
    )

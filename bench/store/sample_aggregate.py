"""A sample aggregate, payments on a loan, with events of typical size (about 400 bytes)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from vinculo.events import Decider, Meta, uuid7
from vinculo.eventstore import Category, Codec, NewEvent

RECORDED_AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
META = Meta(correlation_id=str(UUID(int=1)), actor=str(UUID(int=2)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRecorded:
    payment_id: UUID
    loan_id: UUID
    payer_id: UUID
    currency: str
    amount_cents: int
    outstanding_cents: int
    channel: str
    reference: str
    recorded_by: UUID
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment:
    payment: PaymentRecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    payments: int = 0
    cents: int = 0


def decide(command: RecordPayment, _state: Paid) -> list[PaymentRecorded]:
    return [command.payment]


def evolve(state: Paid, event: PaymentRecorded) -> Paid:
    return Paid(payments=state.payments + 1, cents=state.cents + event.amount_cents)


PAYMENTS: Category[RecordPayment, Paid, PaymentRecorded] = Category(
    "payment", Decider(decide, evolve, Paid()), Codec({"payment-recorded.v1": PaymentRecorded})
)


def payment(loan_id: UUID) -> PaymentRecorded:
    return PaymentRecorded(
        payment_id=uuid4(),
        loan_id=loan_id,
        payer_id=uuid4(),
        currency="COP",
        amount_cents=42_000_000,
        outstanding_cents=900_000_00,
        channel="payroll",
        reference="November, deducted by the payer and reported in one file with all others",
        recorded_by=uuid4(),
        recorded_at=RECORDED_AT,
    )


def new_event(event: PaymentRecorded) -> NewEvent:
    """Encode a domain event for the store, as `execute` does."""
    encoded = PAYMENTS.codec.encode(event)
    return NewEvent(event_id=uuid7(), type=encoded.type, data=encoded.data, meta=META)

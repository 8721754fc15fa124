"""What a person's facts lead to: activation, a recorded evaluation, promotion."""

from datetime import datetime
from uuid import UUID

from vinculo.customer_registry.domain.customer import (
    Customer,
    CustomerState,
    ErasedRecord,
    NotRegistered,
    PreCustomer,
)
from vinculo.customer_registry.domain.customer_decisions import (
    ActivatePreCustomer,
    CustomerCommand,
    Promote,
    RecordEvaluation,
)
from vinculo.customer_registry.domain.requirements import Evaluation
from vinculo.customer_registry.domain.status import Status


def is_registered(state: CustomerState) -> bool:
    return not isinstance(state, NotRegistered | ErasedRecord)


def outstanding_activation(
    state: CustomerState, *, email_verified: bool, now: datetime
) -> list[CustomerCommand]:
    """Who verified the address while blocked is activated once unblocked: the link works once."""
    match state:
        case PreCustomer(
            status=Status.PENDING_EMAIL_VERIFICATION | Status.DISABLED, activated=False
        ) if email_verified:
            return [ActivatePreCustomer(now=now)]
        case _:
            return []


def waiting_since(state: CustomerState) -> datetime | None:
    """None for a record that does not wait for its activation."""
    match state:
        case PreCustomer(status=Status.PENDING_EMAIL_VERIFICATION, waiting_since=since):
            return since
        case _:
            return None


def after_evaluation(
    state: CustomerState,
    evaluation: Evaluation,
    *,
    completed_at: datetime | None,
    customer_id: UUID,
    now: datetime,
) -> list[CustomerCommand]:
    """Record the outcome; promote who is pending, met everything and completed the onboarding."""
    match state:
        case PreCustomer(status=Status.PENDING, activated=True) if (
            evaluation.all_met and completed_at is not None
        ):
            return [
                RecordEvaluation(evaluation=evaluation, now=now),
                Promote(
                    customer_id=customer_id,
                    evaluation=evaluation,
                    completed_at=completed_at,
                    now=now,
                ),
            ]
        case PreCustomer() | Customer():
            return [RecordEvaluation(evaluation=evaluation, now=now)]
        case _:
            return []

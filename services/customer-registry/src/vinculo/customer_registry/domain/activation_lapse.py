"""A record whose account is not activated for long: the registry stops waiting."""

from dataclasses import dataclass
from datetime import datetime

from vinculo.customer_registry.domain.customer import CustomerState, PreCustomer
from vinculo.customer_registry.domain.customer_events import CustomerEvent, RecordDisabled
from vinculo.customer_registry.domain.status import Cause, ReasonCode, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseActivation:
    """Of a record that has waited since `waiting_since` or longer."""

    waiting_since: datetime
    now: datetime


def lapse_activation(command: LapseActivation, state: CustomerState) -> list[CustomerEvent]:
    """Quiet for every other record: whoever sweeps may come too late, or a second time."""
    match state:
        case PreCustomer(status=Status.PENDING_EMAIL_VERIFICATION) if (
            state.waiting_since <= command.waiting_since
        ):
            return [
                RecordDisabled(
                    from_status=state.status,
                    cause=Cause.ACTIVATION_LAPSED,
                    reason_code=ReasonCode.INACTIVE,
                    disabled_by=None,
                    disabled_at=command.now,
                )
            ]
        case _:
            return []

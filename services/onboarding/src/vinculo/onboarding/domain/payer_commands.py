"""What can be asked of a payer. Time, ids and the actor come in on the command."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from vinculo.onboarding.domain.payer import PayerDetails
from vinculo.onboarding.domain.payer_events import ProposalRefusal, SuspensionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPayer:
    details: PayerDetails
    registered_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposePayer:
    name: str
    tax_id: str | None
    proposed_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptPayer:
    details: PayerDetails
    accepted_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusePayer:
    reason_code: ProposalRefusal
    same_as: UUID | None
    refused_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePayer:
    details: PayerDetails
    changed_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendPayer:
    reason_code: SuspensionReason
    suspended_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstatePayer:
    reinstated_by: UUID
    now: datetime


PayerCommand: TypeAlias = (
    RegisterPayer
    | ProposePayer
    | AcceptPayer
    | RefusePayer
    | ChangePayer
    | SuspendPayer
    | ReinstatePayer
)

"""Commands on a payer, their refusals and what each leads to."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from vinculo.events.decider import Decider
from vinculo.onboarding.domain.payer import (
    Declined,
    Listed,
    Payer,
    PayerAccepted,
    PayerChanged,
    PayerDetails,
    PayerEvent,
    PayerProposed,
    PayerRefused,
    PayerRegistered,
    PayerReinstated,
    PayerSuspended,
    ProposalRefusal,
    Proposed,
    SuspensionReason,
    Unregistered,
    evolve_payer,
)


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


class PayerCommandRefused(Exception):
    """The payer's rules do not allow the command in its present state."""


class PayerIdTaken(PayerCommandRefused):
    def __init__(self) -> None:
        super().__init__("this stream belongs to another payer")


class NoSuchPayer(PayerCommandRefused):
    def __init__(self) -> None:
        super().__init__("there is no such payer")


class NotAProposal(PayerCommandRefused):
    def __init__(self) -> None:
        super().__init__("only an open proposal can be accepted or refused")


class PayerNotListed(PayerCommandRefused):
    def __init__(self) -> None:
        super().__init__("the payer is not in the catalogue")


class SamePayerNotNamed(PayerCommandRefused):
    def __init__(self) -> None:
        super().__init__("the duplicated payer must be named for a duplicate, and only then")


def decide_on_payer(command: PayerCommand, state: Payer) -> list[PayerEvent]:
    match command:
        case RegisterPayer():
            return register_payer(command, state)
        case ProposePayer():
            return propose_payer(command, state)
        case AcceptPayer():
            return accept_proposal(command, state)
        case RefusePayer():
            return refuse_proposal(command, state)
        case ChangePayer():
            return change_payer(command, state)
        case SuspendPayer():
            return suspend_payer(command, state)
        case ReinstatePayer():
            return reinstate_payer(command, state)
        case _:
            assert_never(command)


def register_payer(command: RegisterPayer, state: Payer) -> list[PayerEvent]:
    """Quiet if the payer was registered with this tax id, whatever happened to it since."""
    details = command.details
    match state:
        case Unregistered():
            registered = PayerRegistered(
                name=details.name,
                tax_id=details.tax_id,
                agreement=details.agreement,
                contact_name=details.contact_name,
                contact_phone=details.contact_phone,
                contact_email=details.contact_email,
                registered_by=command.registered_by,
                registered_at=command.now,
            )
            return [registered]
        case Listed(details=known) if known.tax_id == details.tax_id:
            return []
        case _:
            raise PayerIdTaken


def propose_payer(command: ProposePayer, state: Payer) -> list[PayerEvent]:
    """Quiet for a known payer; only a tax id that was missing is added."""
    match state:
        case Unregistered():
            return [_proposed(command, command.name)]
        case Proposed(name=name, tax_id=None) if command.tax_id is not None:
            return [_proposed(command, name)]
        case _:
            return []


def accept_proposal(command: AcceptPayer, state: Payer) -> list[PayerEvent]:
    details = command.details
    match require_known_payer(state):
        case Proposed():
            accepted = PayerAccepted(
                name=details.name,
                tax_id=details.tax_id,
                agreement=details.agreement,
                contact_name=details.contact_name,
                contact_phone=details.contact_phone,
                contact_email=details.contact_email,
                accepted_by=command.accepted_by,
                accepted_at=command.now,
            )
            return [accepted]
        case Listed(details=known) if known == details:
            return []
        case _:
            raise NotAProposal


def refuse_proposal(command: RefusePayer, state: Payer) -> list[PayerEvent]:
    if (command.reason_code is ProposalRefusal.DUPLICATE) is not (command.same_as is not None):
        raise SamePayerNotNamed
    match require_known_payer(state):
        case Proposed():
            refused = PayerRefused(
                reason_code=command.reason_code,
                same_as=command.same_as,
                refused_by=command.refused_by,
                refused_at=command.now,
            )
            return [refused]
        case Declined(same_as=same_as) if same_as == command.same_as:
            return []
        case _:
            raise NotAProposal


def change_payer(command: ChangePayer, state: Payer) -> list[PayerEvent]:
    details = command.details
    if require_listed_payer(state).details == details:
        return []
    changed = PayerChanged(
        name=details.name,
        tax_id=details.tax_id,
        agreement=details.agreement,
        contact_name=details.contact_name,
        contact_phone=details.contact_phone,
        contact_email=details.contact_email,
        changed_by=command.changed_by,
        changed_at=command.now,
    )
    return [changed]


def suspend_payer(command: SuspendPayer, state: Payer) -> list[PayerEvent]:
    if require_listed_payer(state).suspended:
        return []
    suspended = PayerSuspended(
        reason_code=command.reason_code,
        suspended_by=command.suspended_by,
        suspended_at=command.now,
    )
    return [suspended]


def reinstate_payer(command: ReinstatePayer, state: Payer) -> list[PayerEvent]:
    if not require_listed_payer(state).suspended:
        return []
    return [PayerReinstated(reinstated_by=command.reinstated_by, reinstated_at=command.now)]


def require_known_payer(state: Payer) -> Proposed | Listed | Declined:
    if isinstance(state, Unregistered):
        raise NoSuchPayer
    return state


def require_listed_payer(state: Payer) -> Listed:
    known = require_known_payer(state)
    if not isinstance(known, Listed):
        raise PayerNotListed
    return known


def _proposed(command: ProposePayer, name: str) -> PayerProposed:
    return PayerProposed(
        name=name,
        tax_id=command.tax_id,
        proposed_by=command.proposed_by,
        proposed_at=command.now,
    )


PAYER: Decider[PayerCommand, Payer, PayerEvent] = Decider(
    decide_on_payer, evolve_payer, Unregistered()
)

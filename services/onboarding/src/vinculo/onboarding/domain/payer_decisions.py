"""What each command on a payer leads to, by which rules."""

from typing import assert_never

from vinculo.events.decider import Decider
from vinculo.onboarding.domain.payer import (
    Declined,
    Listed,
    Payer,
    Proposed,
    Unregistered,
    evolve,
)
from vinculo.onboarding.domain.payer_commands import (
    AcceptPayer,
    ChangePayer,
    PayerCommand,
    ProposePayer,
    RefusePayer,
    RegisterPayer,
    ReinstatePayer,
    SuspendPayer,
)
from vinculo.onboarding.domain.payer_events import (
    PayerAccepted,
    PayerChanged,
    PayerEvent,
    PayerProposed,
    PayerRefused,
    PayerRegistered,
    PayerReinstated,
    PayerSuspended,
    ProposalRefusal,
)
from vinculo.onboarding.domain.payer_refusals import (
    AnotherPayerIsHere,
    NoSuchPayer,
    NotAProposal,
    NotInCatalogue,
    SamePayerNotNamed,
)


def decide(command: PayerCommand, state: Payer) -> list[PayerEvent]:
    match command:
        case RegisterPayer():
            return register(command, state)
        case ProposePayer():
            return propose(command, state)
        case AcceptPayer():
            return accept(command, state)
        case RefusePayer():
            return refuse(command, state)
        case ChangePayer():
            return change(command, state)
        case SuspendPayer():
            return suspend(command, state)
        case ReinstatePayer():
            return reinstate(command, state)
        case _:
            assert_never(command)


def register(command: RegisterPayer, state: Payer) -> list[PayerEvent]:
    """Quiet for the payer that was registered so, whatever became of it since."""
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
            raise AnotherPayerIsHere


def propose(command: ProposePayer, state: Payer) -> list[PayerEvent]:
    """Quiet for what is known already; a tax id is taken over where none was given before."""
    match state:
        case Unregistered():
            return [_proposed(command, command.name)]
        case Proposed(name=name, tax_id=None) if command.tax_id is not None:
            return [_proposed(command, name)]
        case _:
            return []


def accept(command: AcceptPayer, state: Payer) -> list[PayerEvent]:
    details = command.details
    match require_known(state):
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


def refuse(command: RefusePayer, state: Payer) -> list[PayerEvent]:
    if (command.reason_code is ProposalRefusal.DUPLICATE) is not (command.same_as is not None):
        raise SamePayerNotNamed
    match require_known(state):
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


def change(command: ChangePayer, state: Payer) -> list[PayerEvent]:
    details = command.details
    if require_listed(state).details == details:
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


def suspend(command: SuspendPayer, state: Payer) -> list[PayerEvent]:
    if require_listed(state).suspended:
        return []
    suspended = PayerSuspended(
        reason_code=command.reason_code,
        suspended_by=command.suspended_by,
        suspended_at=command.now,
    )
    return [suspended]


def reinstate(command: ReinstatePayer, state: Payer) -> list[PayerEvent]:
    if not require_listed(state).suspended:
        return []
    return [PayerReinstated(reinstated_by=command.reinstated_by, reinstated_at=command.now)]


def require_known(state: Payer) -> Proposed | Listed | Declined:
    if isinstance(state, Unregistered):
        raise NoSuchPayer
    return state


def require_listed(state: Payer) -> Listed:
    known = require_known(state)
    if not isinstance(known, Listed):
        raise NotInCatalogue
    return known


def _proposed(command: ProposePayer, name: str) -> PayerProposed:
    return PayerProposed(
        name=name,
        tax_id=command.tax_id,
        proposed_by=command.proposed_by,
        proposed_at=command.now,
    )


PAYER: Decider[PayerCommand, Payer, PayerEvent] = Decider(decide, evolve, Unregistered())

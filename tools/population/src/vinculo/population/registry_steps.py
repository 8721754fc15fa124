"""The steps of the registry: registration, activation, evaluation, promotion, status, erasure.

Requirements are evaluated once, after the last step, instead of after every fact.
"""

from typing import Final
from uuid import UUID

from vinculo.customer_registry.application.reevaluation import commands_after_evaluation
from vinculo.customer_registry.domain.customer import (
    Customer,
    ErasureReason,
    PreCustomer,
    ReasonCode,
    Status,
)
from vinculo.customer_registry.domain.customer_decisions import (
    ActivatePreCustomer,
    EraseRecord,
    LapseActivation,
    RegisterPreCustomer,
)
from vinculo.customer_registry.domain.status_transitions import ChangeStatus
from vinculo.customer_registry.evaluation.evaluation import evaluate
from vinculo.customer_registry.evaluation.facts import ClearFact, KnownFact
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.population.person_streams import MINUTES_PER_DAY, PersonStreams

OPERATOR: Final = UUID("0193f5a0-0002-7000-8000-0000000000a2")
REASONS: Final = {
    Status.ENABLED: ReasonCode.REACTIVATED,
    Status.PENDING: ReasonCode.DATA_TO_REVIEW,
    Status.DISABLED: ReasonCode.REQUESTED,
    Status.BLOCKED: ReasonCode.FRAUD_SUSPECTED,
}
"""The reason of a change of status; unblocking has its own."""
NO_ID: Final = UUID(int=0)


def register_pre_customer(streams: PersonStreams) -> None:
    command = RegisterPreCustomer(
        registration_number=streams.person.number + 1,
        project=streams.person.project,
        registered_at=streams.now,
    )
    streams.handle(CUSTOMERS, command)


def activate_pre_customer(streams: PersonStreams) -> None:
    streams.handle(CUSTOMERS, ActivatePreCustomer(now=streams.now))


def lapse_activation(streams: PersonStreams) -> None:
    """A month after the registration, if the period is long enough."""
    now = streams.advance(30 * MINUTES_PER_DAY)
    command = LapseActivation(waiting_since=streams.person.registered_at, now=now)
    streams.handle(CUSTOMERS, command)


def evaluate_requirements(streams: PersonStreams) -> None:
    """A person who meets all requirements is promoted."""
    installation = streams.installation
    evaluation = evaluate(
        installation.policies[streams.person.project],
        _known_facts(streams),
        installation.rules,
        _refuse_rule_error,
    )
    commands = commands_after_evaluation(
        streams.state_of(CUSTOMERS),
        evaluation,
        completed_at=streams.completed_at,
        # Drawn only when it is needed, because every draw changes the rest of the history.
        customer_id=streams.new_id() if evaluation.all_met else NO_ID,
        now=streams.now,
    )
    for command in commands:
        streams.handle(CUSTOMERS, command)


def change_status(streams: PersonStreams, to: Status) -> None:
    """A change of status by an operator who is an administrator."""
    now = streams.advance(120 * MINUTES_PER_DAY)
    match streams.state_of(CUSTOMERS):
        case PreCustomer(status=Status.BLOCKED) | Customer(status=Status.BLOCKED):
            reason = ReasonCode.INVESTIGATION_CLOSED
        case _:
            reason = REASONS[to]
    command = ChangeStatus(
        person_id=streams.person.person_id,
        to=to,
        reason_code=reason,
        by=OPERATOR,
        may_unblock=True,
        now=now,
    )
    streams.handle(CUSTOMERS, command)


def erase_record(streams: PersonStreams) -> None:
    command = EraseRecord(
        person_id=streams.person.person_id,
        erasure_id=streams.new_id(),
        reason_code=ErasureReason.REQUESTED,
        by=OPERATOR,
        now=streams.advance(60 * MINUTES_PER_DAY),
    )
    streams.handle(CUSTOMERS, command)


def _known_facts(streams: PersonStreams) -> dict[str, KnownFact]:
    """The facts that are not personal; the shipped policies use no others."""
    return {
        name: KnownFact(fact.value, fact.event_id, personal=False)
        for name, fact in streams.facts.items()
        if isinstance(fact, ClearFact)
    }


def _refuse_rule_error(requirement: str, error: str) -> None:
    raise ValueError(f"the rule of {requirement} failed: {error}")

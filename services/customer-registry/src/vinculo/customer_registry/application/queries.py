"""What the registry shows of a person: the record, and the requirements as they are met now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.reevaluation import evaluate_person
from vinculo.customer_registry.domain import customer as events
from vinculo.customer_registry.domain.customer import (
    CustomerEvent,
    CustomerState,
    InternalRole,
    Kind,
    Status,
)
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown, RecordIsErased
from vinculo.customer_registry.domain.policy import PolicyRequirement
from vinculo.customer_registry.domain.requirements import Evaluation, Outcome
from vinculo.customer_registry.storage.people import find_person
from vinculo.customer_registry.storage.policies import find_policy
from vinculo.customer_registry.storage.streams import CUSTOMERS


class RequirementsNotEvaluated(Exception):
    """The requirements of the person have not been evaluated yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """`modified_at` is the last change of status."""

    kind: Kind
    status: Status
    registration_number: int
    project: str
    registered_at: datetime
    modified_at: datetime
    customer_id: UUID | None = None
    completed_at: datetime | None = None
    promoted_at: datetime | None = None
    internal_role: InternalRole | None = None
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedRecord:
    """`version` is the status version: evaluations do not change it."""

    record: RecordView
    state: CustomerState
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedEvaluation:
    """The policy evaluated on the facts of now, at `evaluated_at`.

    `requirements` are those of the policy, by code. `since` has the requirements whose outcome is
    also the recorded one, with the time from which on it has been recorded.
    """

    evaluation: Evaluation
    evaluated_at: datetime
    requirements: Mapping[str, PolicyRequirement]
    since: Mapping[str, datetime]
    version: int


async def read_record(dependencies: RegistryDependencies, person_id: UUID) -> VersionedRecord:
    """The record of a person.

    A pre-customer's completion of the onboarding is not in the record's stream, so it is read from
    the person's row.

    Raises:
        PersonIsUnknown: the person has no record.
        RecordIsErased: the record is erased.

    """
    found = await _read_history(dependencies, person_id)
    record = found.record
    if record.completed_at is None:
        async with dependencies.store.engine.connect() as connection:
            person = await find_person(connection, person_id)
        record = replace(record, completed_at=None if person is None else person.completed_at)
    state = CUSTOMERS.decider.fold(found.history)
    return VersionedRecord(record=record, state=state, version=state.status_version)


async def read_evaluation(
    dependencies: RegistryDependencies, person_id: UUID
) -> ExplainedEvaluation:
    """The active policy evaluated on the facts that are known of a person now.

    Raises:
        PersonIsUnknown: the person has no record.
        RecordIsErased: the record is erased.
        RequirementsNotEvaluated: the record has no evaluation yet.

    """
    found = await _read_history(dependencies, person_id)
    recorded = recorded_outcomes(found.history)
    async with dependencies.store.engine.connect() as connection:
        person = await find_person(connection, person_id)
        project = None if person is None else person.project
        policy = None if project is None else await find_policy(connection, project)
    if not recorded or person is None or policy is None:
        raise RequirementsNotEvaluated
    evaluation = await evaluate_person(dependencies, person, policy)
    return ExplainedEvaluation(
        evaluation=evaluation,
        evaluated_at=dependencies.clock(),
        requirements={each.code: each for each in policy.requirements},
        since={
            result.requirement: recorded[result.requirement].since
            for result in evaluation.results
            if result.requirement in recorded
            and recorded[result.requirement].outcome is result.outcome
        },
        version=CUSTOMERS.decider.fold(found.history).status_version,
    )


@dataclass(frozen=True, slots=True)
class RecordedOutcome:
    """An outcome, and when it was recorded after another one or for the first time."""

    outcome: Outcome
    since: datetime


def recorded_outcomes(history: Iterable[CustomerEvent]) -> Mapping[str, RecordedOutcome]:
    """The latest outcome of each requirement that was evaluated last."""
    outcomes: dict[str, RecordedOutcome] = {}
    for event in history:
        if isinstance(event, events.RequirementsEvaluated):
            evaluated = {
                result.requirement: RecordedOutcome(result.outcome, event.evaluated_at)
                for result in event.results
            }
            outcomes = {
                code: outcomes[code]
                if code in outcomes and outcomes[code].outcome is each.outcome
                else each
                for code, each in evaluated.items()
            }
    return outcomes


@dataclass(frozen=True, slots=True)
class _History:
    history: list[CustomerEvent]
    record: RecordView


async def _read_history(dependencies: RegistryDependencies, person_id: UUID) -> _History:
    """Raises PersonIsUnknown or RecordIsErased."""
    stored = await dependencies.store.read(CUSTOMERS.stream_id(person_id))
    history = [CUSTOMERS.codec.decode(event) for event in stored]
    record = view_record(history)
    if record is None:
        raise PersonIsUnknown
    if record.erased_at is not None:
        raise RecordIsErased
    return _History(history, record)


def view_record(history: Iterable[CustomerEvent]) -> RecordView | None:
    """None for an empty stream."""
    view: RecordView | None = None
    for event in history:
        if isinstance(event, events.PreCustomerRegistered):
            view = _registered(event)
        elif view is not None:
            view = _changed(view, event)
    return view


def _registered(event: events.PreCustomerRegistered) -> RecordView:
    return RecordView(
        kind=Kind.PRE_CUSTOMER,
        status=event.to_status,
        registration_number=event.registration_number,
        project=event.project,
        registered_at=event.registered_at,
        modified_at=event.registered_at,
    )


def _changed(view: RecordView, event: CustomerEvent) -> RecordView:
    match event:
        case events.PreCustomerActivated(to_status=status, activated_at=moment):
            return replace(view, status=status, modified_at=moment)
        case events.PreCustomerPromoted(to_status=status, promoted_at=moment):
            return replace(
                view,
                kind=Kind.CUSTOMER,
                status=status,
                modified_at=moment,
                customer_id=event.customer_id,
                completed_at=event.completed_at,
                promoted_at=moment,
            )
        case events.RecordEnabled(to_status=status, enabled_at=moment):
            return replace(view, status=status, modified_at=moment)
        case events.RecordSetPending(to_status=status, set_pending_at=moment):
            return replace(view, status=status, modified_at=moment)
        case events.RecordDisabled(to_status=status, disabled_at=moment):
            return replace(view, status=status, modified_at=moment)
        case events.RecordBlocked(to_status=status, blocked_at=moment):
            return replace(view, status=status, modified_at=moment)
        case events.RecordUnblocked(to_status=status, unblocked_at=moment):
            return replace(view, status=status, modified_at=moment)
        case events.RecordErased(erased_at=moment):
            return replace(view, erased_at=moment)
        case _:
            return _with_role(view, event)


def _with_role(view: RecordView, event: CustomerEvent) -> RecordView:
    match event:
        case events.InternalUserGranted(role=role):
            return replace(view, internal_role=role)
        case events.InternalUserRevoked():
            return replace(view, internal_role=None)
        case _:
            return view

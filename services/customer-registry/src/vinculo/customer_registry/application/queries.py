"""What the registry shows of a person: the record, and its latest evaluation with explanations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.domain import customer as events
from vinculo.customer_registry.domain.customer import CustomerEvent, InternalRole, Kind, Status
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown, RecordIsErased
from vinculo.customer_registry.domain.policy import PolicyPublished, PolicyRequirement
from vinculo.customer_registry.storage.people import find_completion_time
from vinculo.customer_registry.storage.streams import CUSTOMERS, POLICIES, policy_stream


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
    evaluated: events.RequirementsEvaluated | None = None
    internal_role: InternalRole | None = None
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedRecord:
    """`version` is the status version: evaluations do not change it."""

    record: RecordView
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedEvaluation:
    """`requirements` are those of the evaluated policy version, by code."""

    evaluation: events.RequirementsEvaluated
    requirements: Mapping[str, PolicyRequirement]
    version: int


async def read_record(dependencies: RegistryDependencies, person_id: UUID) -> VersionedRecord:
    """The record of a person.

    A pre-customer's completion of the onboarding is not in the record's stream, so it is read from
    the person's row.

    Raises:
        PersonIsUnknown: the person has no record.
        RecordIsErased: the record is erased.

    """
    stored = await dependencies.store.read(CUSTOMERS.stream_id(person_id))
    history = [CUSTOMERS.codec.decode(event) for event in stored]
    record = view_record(history)
    if record is None:
        raise PersonIsUnknown
    if record.erased_at is not None:
        raise RecordIsErased
    if record.completed_at is None:
        async with dependencies.store.engine.connect() as connection:
            completed_at = await find_completion_time(connection, person_id)
        record = replace(record, completed_at=completed_at)
    status_version = CUSTOMERS.decider.fold(history).status_version
    return VersionedRecord(record=record, version=status_version)


async def read_evaluation(
    dependencies: RegistryDependencies, person_id: UUID
) -> ExplainedEvaluation:
    """The latest evaluation of a person, with the requirements of its policy version.

    Raises:
        PersonIsUnknown: the person has no record.
        RecordIsErased: the record is erased.
        RequirementsNotEvaluated: the record has no evaluation yet.

    """
    found = await read_record(dependencies, person_id)
    evaluation = found.record.evaluated
    if evaluation is None:
        raise RequirementsNotEvaluated
    requirements = await _requirements(dependencies, evaluation.project, evaluation.policy_version)
    return ExplainedEvaluation(
        evaluation=evaluation, requirements=requirements, version=found.version
    )


async def _requirements(
    dependencies: RegistryDependencies, project: str, policy_version: int
) -> Mapping[str, PolicyRequirement]:
    history = await dependencies.store.read(POLICIES.stream_id(policy_stream(project)))
    for stored in history:
        published: PolicyPublished = POLICIES.codec.decode(stored)
        if published.policy_version == policy_version:
            return {requirement.code: requirement for requirement in published.requirements}
    return {}


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
        case events.RequirementsEvaluated():
            return replace(view, evaluated=event)
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

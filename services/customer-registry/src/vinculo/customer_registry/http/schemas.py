"""The shapes of the registry's HTTP bodies and answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vinculo.customer_registry.application.queries import VersionedRecord
from vinculo.customer_registry.domain.customer import (
    ErasureReason,
    InternalRole,
    Kind,
    ReasonCode,
    RequirementsEvaluated,
    Status,
)
from vinculo.customer_registry.domain.policy import PolicyRequirement
from vinculo.customer_registry.domain.requirements import Outcome
from vinculo.customer_registry.storage.erasures import Erasure

Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class StatusChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Status
    reason_code: ReasonCode
    note: Note | None = None


class StatusChanged(BaseModel):
    """Where the record stands now: a move may have led to its promotion."""

    status: Status
    version: int


class ErasureRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason_code: ErasureReason
    note: Note | None = None


class ErasureRequested(BaseModel):
    erasure_id: UUID


class PersonAnswer(BaseModel):
    person_id: UUID
    kind: Kind
    status: Status
    registration_number: int
    project: str
    customer_id: UUID | None = None
    registered_at: datetime
    completed_at: datetime | None = None
    promoted_at: datetime | None = None
    modified_at: datetime
    internal_role: InternalRole | None = None
    version: int


class EvidenceAnswer(BaseModel):
    fact: str
    event_id: UUID


class RequirementAnswer(BaseModel):
    """`observed` holds clear facts only."""

    code: str
    title: str
    outcome: Outcome
    missing_facts: tuple[str, ...]
    observed: dict[str, Any]
    evidence: tuple[EvidenceAnswer, ...]


class RequirementsAnswer(BaseModel):
    person_id: UUID
    project: str
    policy: str
    policy_version: int
    all_met: bool
    evaluated_at: datetime
    requirements: tuple[RequirementAnswer, ...]


class ErasureAnswer(BaseModel):
    """`note` can be read until the key is destroyed."""

    erasure_id: UUID
    person_id: UUID
    state: Annotated[str, Field(description="requested, key_destroyed or completed")]
    reason_code: ErasureReason
    note: str | None = None
    requested_by: UUID
    requested_at: datetime
    key_destroyed_at: datetime | None = None
    account_swept_at: datetime | None = None


def person_answer(person_id: UUID, found: VersionedRecord) -> PersonAnswer:
    record = found.record
    return PersonAnswer(
        person_id=person_id,
        kind=record.kind,
        status=record.status,
        registration_number=record.registration_number,
        project=record.project,
        customer_id=record.customer_id,
        registered_at=record.registered_at,
        completed_at=record.completed_at,
        promoted_at=record.promoted_at,
        modified_at=record.modified_at,
        internal_role=record.internal_role,
        version=found.version,
    )


def requirements_answer(
    person_id: UUID,
    evaluated: RequirementsEvaluated,
    requirements: Mapping[str, PolicyRequirement],
    language: str,
) -> RequirementsAnswer:
    return RequirementsAnswer(
        person_id=person_id,
        project=evaluated.project,
        policy=evaluated.policy,
        policy_version=evaluated.policy_version,
        all_met=evaluated.all_met,
        evaluated_at=evaluated.evaluated_at,
        requirements=tuple(
            RequirementAnswer(
                code=result.requirement,
                title=_title(requirements.get(result.requirement), result.requirement, language),
                outcome=result.outcome,
                missing_facts=result.missing_facts,
                observed=dict(result.observed),
                evidence=tuple(
                    EvidenceAnswer(fact=evidence.fact, event_id=evidence.event_id)
                    for evidence in result.evidence
                ),
            )
            for result in evaluated.results
        ),
    )


def erasure_answer(erasure: Erasure, note: str | None) -> ErasureAnswer:
    return ErasureAnswer(
        erasure_id=erasure.erasure_id,
        person_id=erasure.person_id,
        state=erasure.state,
        reason_code=ErasureReason(erasure.reason_code),
        note=note,
        requested_by=erasure.requested_by,
        requested_at=erasure.requested_at,
        key_destroyed_at=erasure.key_destroyed_at,
        account_swept_at=erasure.account_swept_at,
    )


def _title(requirement: PolicyRequirement | None, code: str, language: str) -> str:
    if requirement is None:
        return code
    return requirement.title_en if language == "en" else requirement.title_es

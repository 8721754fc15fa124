"""Bodies of requests and responses.

The names of the models are part of the OpenAPI document.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vinculo.customer_registry.application.queries import ExplainedEvaluation, VersionedRecord
from vinculo.customer_registry.domain.customer import (
    Cause,
    ErasureReason,
    InternalRole,
    InternalUserReason,
    Kind,
    ReasonCode,
    Status,
)
from vinculo.customer_registry.domain.policy import PolicyRequirement
from vinculo.customer_registry.domain.requirements import Outcome
from vinculo.customer_registry.messages import MESSAGES
from vinculo.customer_registry.storage.erasures import Erasure
from vinculo.translation import Language

KIND: Final = "kind"
STATUS: Final = "status"
REASON: Final = "reason"
"""Contexts of the message catalogue, whose keys are codes."""

Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class StatusChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Status
    reason_code: ReasonCode
    note: Note | None = None


class StatusHistoryEntryAnswer(BaseModel):
    """`by` is missing for changes by the system, `note` for those without one."""

    at: datetime
    from_status: Status
    to_status: Status
    cause: Cause
    reason_code: ReasonCode
    by: UUID | None = None
    note: str | None = None


class StatusHistoryAnswer(BaseModel):
    """The changes of status by operators and the system, the newest first."""

    items: list[StatusHistoryEntryAnswer]


class StatusChanged(BaseModel):
    """The status afterwards: the change may have led to a promotion."""

    status: Status
    version: int


class ErasureRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason_code: ErasureReason
    note: Note | None = None


class ErasureRequested(BaseModel):
    erasure_id: UUID


class PossibleStatusChangeAnswer(BaseModel):
    """A status that the caller may request, with the reasons that fit."""

    status: Status
    reason_codes: tuple[ReasonCode, ...]


class PersonAnswer(BaseModel):
    """`possible_changes` is empty for callers who may not change a status."""

    person_id: UUID
    kind: Kind
    kind_in_words: str
    status: Status
    status_in_words: str
    registration_number: int
    project: str
    customer_id: UUID | None = None
    registered_at: datetime
    completed_at: datetime | None = None
    promoted_at: datetime | None = None
    modified_at: datetime
    internal_role: InternalRole | None = None
    possible_changes: tuple[PossibleStatusChangeAnswer, ...]
    version: int


class EvidenceAnswer(BaseModel):
    fact: str
    event_id: UUID


class RequirementAnswer(BaseModel):
    """`observed` has only the facts that are not personal.

    `since` is when the outcome was recorded, null if it is another one than the recorded outcome.
    """

    code: str
    title: str
    outcome: Outcome
    since: datetime | None
    missing_facts: tuple[str, ...]
    observed: dict[str, Any]
    evidence: tuple[EvidenceAnswer, ...]


class RequirementsAnswer(BaseModel):
    """The active policy on the facts that are known at `evaluated_at`, the time of the answer."""

    person_id: UUID
    project: str
    policy: str
    policy_version: int
    all_met: bool
    evaluated_at: datetime
    requirements: tuple[RequirementAnswer, ...]


class ErasureAnswer(BaseModel):
    """`note` is readable until the key is destroyed."""

    erasure_id: UUID
    person_id: UUID
    state: Annotated[str, Field(description="requested or key_destroyed")]
    reason_code: ErasureReason
    reason_in_words: str
    note: str | None = None
    requested_by: UUID
    requested_at: datetime
    key_destroyed_at: datetime | None = None
    account_swept_at: datetime | None = None


class InternalUserGrant(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: InternalRole
    reason_code: InternalUserReason


class InternalUserAnswer(BaseModel):
    """The role that the person has afterwards, if any."""

    role: InternalRole | None
    version: int


def person_answer(
    person_id: UUID,
    found: VersionedRecord,
    possible: Mapping[Status, tuple[ReasonCode, ...]],
    language: Language,
) -> PersonAnswer:
    record = found.record
    return PersonAnswer(
        person_id=person_id,
        kind=record.kind,
        kind_in_words=MESSAGES.label(KIND, record.kind, language),
        status=record.status,
        status_in_words=MESSAGES.label(STATUS, record.status, language),
        registration_number=record.registration_number,
        project=record.project,
        customer_id=record.customer_id,
        registered_at=record.registered_at,
        completed_at=record.completed_at,
        promoted_at=record.promoted_at,
        modified_at=record.modified_at,
        internal_role=record.internal_role,
        possible_changes=tuple(
            PossibleStatusChangeAnswer(status=status, reason_codes=reasons)
            for status, reasons in possible.items()
        ),
        version=found.version,
    )


def requirements_answer(
    person_id: UUID, explained: ExplainedEvaluation, language: Language
) -> RequirementsAnswer:
    evaluation, requirements = explained.evaluation, explained.requirements
    return RequirementsAnswer(
        person_id=person_id,
        project=evaluation.project,
        policy=evaluation.policy,
        policy_version=evaluation.policy_version,
        all_met=evaluation.all_met,
        evaluated_at=explained.evaluated_at,
        requirements=tuple(
            RequirementAnswer(
                code=result.requirement,
                title=_title(requirements.get(result.requirement), result.requirement, language),
                outcome=result.outcome,
                since=explained.since.get(result.requirement),
                missing_facts=result.missing_facts,
                observed=dict(result.observed),
                evidence=tuple(
                    EvidenceAnswer(fact=evidence.fact, event_id=evidence.event_id)
                    for evidence in result.evidence
                ),
            )
            for result in evaluation.results
        ),
    )


def erasure_answer(erasure: Erasure, note: str | None, language: Language) -> ErasureAnswer:
    return ErasureAnswer(
        erasure_id=erasure.erasure_id,
        person_id=erasure.person_id,
        state=erasure.state,
        reason_code=ErasureReason(erasure.reason_code),
        reason_in_words=MESSAGES.label(REASON, erasure.reason_code, language),
        note=note,
        requested_by=erasure.requested_by,
        requested_at=erasure.requested_at,
        key_destroyed_at=erasure.key_destroyed_at,
        account_swept_at=erasure.account_swept_at,
    )


def _title(requirement: PolicyRequirement | None, code: str, language: Language) -> str:
    """The policy's own title in the language, else in Spanish."""
    if requirement is None:
        return code
    titles = {"es": requirement.title_es, "en": requirement.title_en}
    return titles.get(language, requirement.title_es)

"""Histories of records as events, commands on them, and requirements of policies."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from vinculo.customer_registry.domain.customer import (
    Cause,
    CustomerEvent,
    ErasureReason,
    InternalRole,
    InternalUserGranted,
    InternalUserReason,
    InternalUserRevoked,
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    ReasonCode,
    RecordBlocked,
    RecordDisabled,
    RecordErased,
    RecordSetPending,
    RequirementsEvaluated,
    RevocationCause,
    Status,
)
from vinculo.customer_registry.domain.customer_decisions import (
    EraseRecord,
    Promote,
    RecordEvaluation,
)
from vinculo.customer_registry.domain.internal_users import GrantInternalUser, RevokeInternalUser
from vinculo.customer_registry.domain.policy import PolicyRequirement
from vinculo.customer_registry.domain.requirements import (
    Evaluation,
    Evidence,
    Outcome,
    RequirementResult,
)
from vinculo.customer_registry.domain.status_transitions import ChangeStatus

EMAIL = PolicyRequirement(
    code="email_verified",
    expression="email_verified",
    facts=("email_verified",),
    title_es="Correo verificado",
    title_en="E-mail verified",
)
DOCUMENTS = PolicyRequirement(
    code="documents_accepted",
    expression="dossier_accepted",
    facts=("dossier_accepted",),
    title_es="Documentos aceptados",
    title_en="Documents accepted",
)

PERSON = UUID(int=1)
OPERATOR = UUID(int=2)
CUSTOMER_ID = UUID(int=3)
ERASURE = UUID(int=4)
PROOF = UUID(int=5)
ADMINISTRATOR = UUID(int=6)
THEN = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOW = THEN + timedelta(days=1)

MET = RequirementResult(
    requirement="documents_accepted",
    outcome=Outcome.MET,
    evidence=(Evidence(fact="dossier_accepted", event_id=PROOF),),
    observed={"dossier_accepted": True},
)
MISSING = RequirementResult(
    requirement="documents_accepted",
    outcome=Outcome.MISSING,
    missing_facts=("dossier_accepted",),
)

REGISTERED = PreCustomerRegistered(registration_number=7, project="default", registered_at=THEN)
ACTIVATED = PreCustomerActivated(
    from_status=Status.PENDING_EMAIL_VERIFICATION, activated_at=THEN + timedelta(hours=1)
)
PROMOTED = PreCustomerPromoted(
    customer_id=CUSTOMER_ID,
    project="default",
    policy="reviewed",
    policy_version=1,
    results=(MET,),
    from_status=Status.PENDING,
    registered_at=THEN,
    completed_at=THEN + timedelta(hours=2),
    promoted_at=THEN + timedelta(hours=3),
)
GRANTED = InternalUserGranted(
    role=InternalRole.OPERATOR,
    reason_code=InternalUserReason.JOINED_STAFF,
    granted_by=ADMINISTRATOR,
    granted_at=THEN + timedelta(hours=4),
)
REVOKED = InternalUserRevoked(
    cause=RevocationCause.OPERATOR,
    reason_code="left_staff",
    revoked_by=ADMINISTRATOR,
    revoked_at=NOW,
)
ERASED = RecordErased(
    erasure_id=ERASURE,
    reason_code=ErasureReason.INCORRECT,
    erased_by=OPERATOR,
    erased_at=THEN + timedelta(hours=4),
)


def evaluation(*results: RequirementResult, **changes: Any) -> Evaluation:
    fields: dict[str, Any] = {
        "project": "default",
        "policy": "reviewed",
        "policy_version": 1,
        "results": results or (MET,),
    }
    return Evaluation(**fields | changes)


def evaluated(*results: RequirementResult) -> RequirementsEvaluated:
    outcome = evaluation(*results)
    return RequirementsEvaluated(
        project=outcome.project,
        policy=outcome.policy,
        policy_version=outcome.policy_version,
        all_met=outcome.all_met,
        results=outcome.results,
        evaluated_at=THEN,
    )


def blocked(from_status: Status) -> RecordBlocked:
    return RecordBlocked(
        from_status=from_status,
        cause=Cause.OPERATOR,
        reason_code=ReasonCode.FRAUD_SUSPECTED,
        blocked_by=OPERATOR,
        blocked_at=THEN,
    )


def disabled(from_status: Status) -> RecordDisabled:
    return RecordDisabled(
        from_status=from_status,
        cause=Cause.OPERATOR,
        reason_code=ReasonCode.REQUESTED,
        disabled_by=OPERATOR,
        disabled_at=THEN,
    )


SET_PENDING = RecordSetPending(
    from_status=Status.ENABLED,
    cause=Cause.OPERATOR,
    reason_code=ReasonCode.DATA_TO_REVIEW,
    set_pending_by=OPERATOR,
    set_pending_at=THEN,
)

NEW: tuple[CustomerEvent, ...] = (REGISTERED,)
PENDING = (REGISTERED, ACTIVATED)
CUSTOMER = (*PENDING, PROMOTED)

HISTORIES: dict[str, tuple[CustomerEvent, ...]] = {
    "pre_customer pending_email_verification": NEW,
    "pre_customer pending": PENDING,
    "pre_customer disabled": (*PENDING, disabled(Status.PENDING)),
    "pre_customer blocked": (*PENDING, blocked(Status.PENDING)),
    "pre_customer blocked, never activated": (
        REGISTERED,
        blocked(Status.PENDING_EMAIL_VERIFICATION),
    ),
    "customer enabled": CUSTOMER,
    "customer pending": (*CUSTOMER, SET_PENDING),
    "customer disabled": (*CUSTOMER, disabled(Status.ENABLED)),
    "customer blocked": (*CUSTOMER, blocked(Status.ENABLED)),
}


def change(to: Status, **changes: Any) -> ChangeStatus:
    fields: dict[str, Any] = {
        "person_id": PERSON,
        "to": to,
        "reason_code": ReasonCode.MISTAKE,
        "by": OPERATOR,
        "may_unblock": False,
        "now": NOW,
    }
    return ChangeStatus(**fields | changes)


def promote(**changes: Any) -> Promote:
    fields: dict[str, Any] = {
        "customer_id": CUSTOMER_ID,
        "evaluation": evaluation(MET),
        "completed_at": THEN + timedelta(hours=2),
        "now": NOW,
    }
    return Promote(**fields | changes)


def record_evaluation(*results: RequirementResult, **changes: Any) -> RecordEvaluation:
    return RecordEvaluation(evaluation=evaluation(*results, **changes), now=NOW)


def erase(**changes: Any) -> EraseRecord:
    fields: dict[str, Any] = {
        "person_id": PERSON,
        "erasure_id": ERASURE,
        "reason_code": ErasureReason.DUPLICATE,
        "by": OPERATOR,
        "now": NOW,
    }
    return EraseRecord(**fields | changes)


def grant(**changes: Any) -> GrantInternalUser:
    fields: dict[str, Any] = {
        "person_id": PERSON,
        "role": InternalRole.OPERATOR,
        "reason_code": InternalUserReason.JOINED_STAFF,
        "by": ADMINISTRATOR,
        "now": NOW,
    }
    return GrantInternalUser(**fields | changes)


def revoke(**changes: Any) -> RevokeInternalUser:
    fields: dict[str, Any] = {
        "person_id": PERSON,
        "reason_code": InternalUserReason.LEFT_STAFF,
        "by": ADMINISTRATOR,
        "now": NOW,
    }
    return RevokeInternalUser(**fields | changes)

"""Events of a person's record and of promotion policies, the only source of a person's status."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from vinculo.contracts.envelope import Envelope, Facts, Instant, Personal


class Kind(StrEnum):
    PRE_CUSTOMER = "pre_customer"
    CUSTOMER = "customer"


class Status(StrEnum):
    PENDING_EMAIL_VERIFICATION = "pending_email_verification"
    PENDING = "pending"
    ENABLED = "enabled"
    DISABLED = "disabled"
    BLOCKED = "blocked"


class StatusCause(StrEnum):
    REGISTRATION = "registration"
    EMAIL_VERIFIED = "email_verified"
    PROMOTION = "promotion"
    OPERATOR = "operator"
    ACTIVATION_LAPSED = "activation_lapsed"
    IDENTITY_DISPUTED = "identity_disputed"


class RevocationCause(StrEnum):
    OPERATOR = "operator"
    RECORD_BLOCKED = "record_blocked"
    RECORD_ERASED = "record_erased"


class Outcome(StrEnum):
    MET = "met"
    FAILED = "failed"
    MISSING = "missing"


StatusVersion = Annotated[int, Field(ge=1)]
"""How many events of the record an operator's decision rests on, this one included.

All count but evaluations. It is the value of `If-Match`; events from before it have none.
"""


class StatusNote(Personal):
    """Personal part of a status change: the operator's reason."""

    note: str


class ObservedValues(Personal):
    """Personal part of `requirements-evaluated.v1`: observed personal facts by name."""

    observed: dict[str, Any] = Field(default_factory=dict)


class Evidence(Facts):
    """A fact that a requirement read, with the event that proves it."""

    fact: str
    event_id: UUID


class RequirementResult(Facts):
    """`observed` holds the clear facts read, by name; `missing_facts` those not known yet."""

    requirement: str
    outcome: Outcome
    evidence: tuple[Evidence, ...] = ()
    missing_facts: tuple[str, ...] = ()
    observed: dict[str, Any] = Field(default_factory=dict)


class PreCustomerRegistered(Facts):
    registration_number: int
    project: str
    from_status: str | None = None
    to_status: str
    cause: str
    registered_at: Instant
    status_version: StatusVersion | None = None


class PreCustomerActivated(Facts):
    from_status: str
    to_status: str
    cause: str
    activated_at: Instant
    status_version: StatusVersion | None = None


class PreCustomerActivatedV2(PreCustomerActivated):
    """`project` is that of the activated submission, in place of the registered one."""

    project: str


class RequirementsEvaluated(Facts):
    """Appended when the outcome changes. `personal` holds ObservedValues when there are any."""

    project: str
    policy: str
    policy_version: int
    all_met: bool
    results: tuple[RequirementResult, ...]
    evaluated_at: Instant
    personal: Envelope | None = None


class PreCustomerPromoted(Facts):
    customer_id: UUID
    project: str
    policy: str
    policy_version: int
    results: tuple[RequirementResult, ...]
    from_status: str
    to_status: str
    cause: str
    registered_at: Instant
    completed_at: Instant
    promoted_at: Instant
    status_version: StatusVersion | None = None


class StatusMove(Facts):
    """`personal` holds a StatusNote when the operator wrote one."""

    from_status: str
    to_status: str
    cause: str
    reason_code: str
    status_version: StatusVersion | None = None
    personal: Envelope | None = None


class RecordEnabled(StatusMove):
    enabled_by: UUID | None = None
    enabled_at: Instant


class RecordSetPending(StatusMove):
    set_pending_by: UUID | None = None
    set_pending_at: Instant


class RecordDisabled(StatusMove):
    disabled_by: UUID | None = None
    disabled_at: Instant


class RecordBlocked(StatusMove):
    blocked_by: UUID | None = None
    blocked_at: Instant


class RecordUnblocked(StatusMove):
    unblocked_by: UUID | None = None
    unblocked_at: Instant


class InternalUserGranted(Facts):
    """The customer has this role too, in place of any before. A role not known gives nothing."""

    role: str
    reason_code: str
    granted_by: UUID
    granted_at: Instant
    status_version: StatusVersion | None = None


class InternalUserRevoked(Facts):
    """`cause` is operator, record_blocked or record_erased; the last two have no `revoked_by`."""

    cause: str
    reason_code: str
    revoked_by: UUID | None = None
    revoked_at: Instant
    status_version: StatusVersion | None = None


class RecordErased(Facts):
    """From here on the person's key is destroyed and every service sweeps what it holds."""

    erasure_id: UUID
    reason_code: str
    erased_by: UUID
    erased_at: Instant
    status_version: StatusVersion | None = None


class PolicyRequirement(Facts):
    """`expression` is CEL over the declared `facts`; titles by locale."""

    code: str
    expression: str
    facts: tuple[str, ...]
    title_es: str
    title_en: str


class PolicyPublished(Facts):
    project: str
    policy: str
    policy_version: int
    requirements: tuple[PolicyRequirement, ...]
    published_by: UUID | None = None
    published_at: Instant

"""Events of other services that the consumer reads."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from vinculo.contracts.customer_registry import (
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordBlocked,
    RecordErased,
    RecordUnblocked,
)
from vinculo.contracts.document_claims import (
    DocumentClaimExpired,
    DocumentClaimGranted,
    DocumentClaimOpened,
    DocumentClaimRefused,
)
from vinculo.contracts.onboarding import ApplicationStarted, EmailVerified

NOW = datetime(2026, 1, 2, tzinfo=UTC)
STARTED = ApplicationStarted(
    registration_id=UUID(int=1),
    project="default",
    channel="web",
    locale="es",
    country="CO",
    document_type="CC",
    started_at=NOW,
)
VERIFIED = EmailVerified(link_id=UUID(int=2), verified_at=NOW)
REGISTERED = PreCustomerRegistered(
    registration_number=1,
    project="default",
    to_status="pending_email_verification",
    cause="registration",
    registered_at=NOW,
)
ACTIVATED = PreCustomerActivated(
    from_status="pending_email_verification", to_status="pending", cause="link", activated_at=NOW
)
PROMOTED = PreCustomerPromoted(
    customer_id=UUID(int=3),
    project="default",
    policy="reviewed",
    policy_version=1,
    results=(),
    from_status="pending",
    to_status="enabled",
    cause="promotion",
    registered_at=NOW,
    completed_at=NOW,
    promoted_at=NOW,
)
BLOCKED = RecordBlocked(
    from_status="pending", to_status="blocked", cause="operator", reason_code="x", blocked_at=NOW
)
UNBLOCKED = RecordUnblocked(
    from_status="blocked", to_status="pending", cause="admin", reason_code="x", unblocked_at=NOW
)
ERASED = RecordErased(
    erasure_id=UUID(int=4), reason_code="requested", erased_by=UUID(int=5), erased_at=NOW
)

CLAIM = UUID(int=6)
CLAIM_OPENED = DocumentClaimOpened(
    claim_id=CLAIM,
    submission_id=UUID(int=7),
    locale="es",
    country="CO",
    document_type="CC",
    opened_at=NOW,
    expires_at=NOW + timedelta(days=90),
)
CLAIM_GRANTED = DocumentClaimGranted(
    claim_id=CLAIM,
    submission_id=UUID(int=7),
    claimant_id=UUID(int=8),
    reason_code="identity_proved",
    granted_by=UUID(int=5),
    granted_at=NOW,
)
CLAIM_REFUSED = DocumentClaimRefused(
    claim_id=CLAIM,
    submission_id=UUID(int=7),
    reason_code="other",
    refused_by=UUID(int=5),
    refused_at=NOW,
)
CLAIM_EXPIRED = DocumentClaimExpired(claim_id=CLAIM, submission_id=UUID(int=7), expired_at=NOW)

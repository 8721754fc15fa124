"""Streams of this service: deciders, stored names of their events, and their topics.

Stored names must never change.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from vinculo.contracts import topics
from vinculo.eventstore import Category, Codec, CommandResult
from vinculo.messaging import Record, SerializedEvent, cloud_events
from vinculo.onboarding.domain.account import (
    ConsentGiven,
    ConsentWithdrawn,
    ContactChanged,
    ContactChangeRequested,
    PasswordChanged,
    PasswordResetRequested,
    PhoneCodeIssued,
    PhoneVerified,
)
from vinculo.onboarding.domain.application import (
    ApplicantErased,
    Application,
    ApplicationAbandoned,
    ApplicationCompleted,
    ApplicationEvent,
    ApplicationLapsed,
    DocumentDisputed,
    DocumentDisputeDismissed,
    DocumentsProvided,
    DocumentsReopened,
    EmploymentDeclared,
    RegistrationRepeated,
    ReservationMoved,
    ReservationReceived,
    ReservationTakenOver,
)
from vinculo.onboarding.domain.application_decisions import APPLICATION, ApplicationCommand
from vinculo.onboarding.domain.document_claim import (
    DOCUMENT_CLAIM,
    DocumentClaim,
    DocumentClaimCommand,
    DocumentClaimEvent,
    DocumentClaimExpired,
    DocumentClaimGranted,
    DocumentClaimOpened,
    DocumentClaimRefused,
)
from vinculo.onboarding.domain.identity_correction import (
    IdentityCorrected,
    IdentityCorrectionRefused,
    IdentityCorrectionRequested,
)
from vinculo.onboarding.domain.payer import (
    Payer,
    PayerAccepted,
    PayerChanged,
    PayerEvent,
    PayerProposed,
    PayerRefused,
    PayerRegistered,
    PayerReinstated,
    PayerSuspended,
)
from vinculo.onboarding.domain.payer_decisions import PAYER, PayerCommand
from vinculo.onboarding.domain.revocation import (
    REVOCATION,
    RevocationEvent,
    Revoke,
    SessionEnded,
    SubjectAllowed,
    SubjectDenied,
)
from vinculo.onboarding.domain.staff import (
    STAFF,
    RecordStaffEvent,
    StaffEnded,
    StaffEvent,
    StaffInvitationWithdrawn,
    StaffInvited,
    StaffJoined,
    StaffPasswordChanged,
    StaffPasswordResetRequested,
    StaffRoleChanged,
)
from vinculo.onboarding.domain.submission import (
    ActivationLinkIssued,
    ApplicationStarted,
    EmailCorrected,
    EmailVerified,
    EmailVerifiedV2,
    SubmissionDropped,
    SubmissionReceived,
)

SERVICE: Final = "onboarding"
PUBLISHED_TOPICS: Final = {
    "application": topics.ONBOARDING_APPLICATIONS,
    "document-claim": topics.ONBOARDING_DOCUMENT_CLAIMS,
    "payer": topics.ONBOARDING_PAYERS,
    "revocation": topics.ACCESS_REVOCATIONS,
    "staff": topics.ONBOARDING_STAFF,
}


APPLICATION_EVENTS: Final = {
    "application-started.v1": ApplicationStarted,
    "submission-received.v1": SubmissionReceived,
    "submission-dropped.v1": SubmissionDropped,
    "consent-given.v1": ConsentGiven,
    "activation-link-issued.v1": ActivationLinkIssued,
    "registration-repeated.v1": RegistrationRepeated,
    "email-verified.v1": EmailVerified,
    "email-verified.v2": EmailVerifiedV2,
    "document-disputed.v1": DocumentDisputed,
    "document-dispute-dismissed.v1": DocumentDisputeDismissed,
    "application-abandoned.v1": ApplicationAbandoned,
    "application-lapsed.v1": ApplicationLapsed,
    "reservation-taken-over.v1": ReservationTakenOver,
    "reservation-moved.v1": ReservationMoved,
    "reservation-received.v1": ReservationReceived,
    "employment-declared.v1": EmploymentDeclared,
    "documents-provided.v1": DocumentsProvided,
    "documents-reopened.v1": DocumentsReopened,
    "application-completed.v1": ApplicationCompleted,
    "consent-withdrawn.v1": ConsentWithdrawn,
    "email-corrected.v1": EmailCorrected,
    "contact-change-requested.v1": ContactChangeRequested,
    "contact-changed.v1": ContactChanged,
    "phone-code-issued.v1": PhoneCodeIssued,
    "phone-verified.v1": PhoneVerified,
    "password-reset-requested.v1": PasswordResetRequested,
    "password-changed.v1": PasswordChanged,
    "identity-correction-requested.v1": IdentityCorrectionRequested,
    "identity-corrected.v1": IdentityCorrected,
    "identity-correction-refused.v1": IdentityCorrectionRefused,
    "applicant-erased.v1": ApplicantErased,
}

CLAIM_EVENTS: Final = {
    "document-claim-opened.v1": DocumentClaimOpened,
    "document-claim-granted.v1": DocumentClaimGranted,
    "document-claim-refused.v1": DocumentClaimRefused,
    "document-claim-expired.v1": DocumentClaimExpired,
}

PAYER_EVENTS: Final = {
    "payer-registered.v1": PayerRegistered,
    "payer-proposed.v1": PayerProposed,
    "payer-accepted.v1": PayerAccepted,
    "payer-refused.v1": PayerRefused,
    "payer-changed.v1": PayerChanged,
    "payer-suspended.v1": PayerSuspended,
    "payer-reinstated.v1": PayerReinstated,
}

REVOCATION_EVENTS: Final = {
    "session-ended.v1": SessionEnded,
    "subject-denied.v1": SubjectDenied,
    "subject-allowed.v1": SubjectAllowed,
}

REVOCATIONS: Final[Category[Revoke, None, RevocationEvent]] = Category(
    "revocation", REVOCATION, Codec(REVOCATION_EVENTS)
)

STAFF_EVENTS: Final = {
    "staff-invited.v1": StaffInvited,
    "staff-invitation-withdrawn.v1": StaffInvitationWithdrawn,
    "staff-joined.v1": StaffJoined,
    "staff-role-changed.v1": StaffRoleChanged,
    "staff-ended.v1": StaffEnded,
    "staff-password-reset-requested.v1": StaffPasswordResetRequested,
    "staff-password-changed.v1": StaffPasswordChanged,
}

STAFF_MEMBERS: Final[Category[RecordStaffEvent, None, StaffEvent]] = Category(
    "staff", STAFF, Codec(STAFF_EVENTS)
)

ApplicationCategory: TypeAlias = Category[ApplicationCommand, Application, ApplicationEvent]
ApplicationResult: TypeAlias = CommandResult[Application, ApplicationEvent]
ClaimCategory: TypeAlias = Category[DocumentClaimCommand, DocumentClaim, DocumentClaimEvent]
PayerCategory: TypeAlias = Category[PayerCommand, Payer, PayerEvent]
PayerResult: TypeAlias = CommandResult[Payer, PayerEvent]


def application_category() -> ApplicationCategory:
    return Category("application", APPLICATION, Codec(APPLICATION_EVENTS))


def claim_category() -> ClaimCategory:
    return Category("document-claim", DOCUMENT_CLAIM, Codec(CLAIM_EVENTS))


def payer_category() -> PayerCategory:
    return Category("payer", PAYER, Codec(PAYER_EVENTS))


def onboarding_records(topic_prefix: str) -> Callable[[SerializedEvent], Record]:
    """From a stored event to its Kafka record, for the relay."""
    return cloud_events(SERVICE, PUBLISHED_TOPICS, topic_prefix)

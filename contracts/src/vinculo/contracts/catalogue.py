"""The event types of each topic and their models."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

from pydantic import TypeAdapter

from vinculo.contracts import (
    access,
    credit,
    credit_records,
    customer_registry,
    document_claims,
    documents,
    notifications,
    onboarding,
    payers,
    staff,
    topics,
)
from vinculo.contracts.envelope import Facts

EVENTS: Final[Mapping[str, Mapping[str, type[Facts]]]] = MappingProxyType(
    {
        topics.ONBOARDING_APPLICATIONS: {
            "application-started.v1": onboarding.ApplicationStarted,
            "submission-received.v1": onboarding.SubmissionReceived,
            "submission-dropped.v1": onboarding.SubmissionDropped,
            "consent-given.v1": onboarding.ConsentGiven,
            "activation-link-issued.v1": onboarding.ActivationLinkIssued,
            "registration-repeated.v1": onboarding.RegistrationRepeated,
            "email-verified.v1": onboarding.EmailVerified,
            "email-verified.v2": onboarding.EmailVerifiedV2,
            "document-disputed.v1": onboarding.DocumentDisputed,
            "document-dispute-dismissed.v1": onboarding.DocumentDisputeDismissed,
            "application-abandoned.v1": onboarding.ApplicationAbandoned,
            "application-lapsed.v1": onboarding.ApplicationLapsed,
            "reservation-taken-over.v1": onboarding.ReservationTakenOver,
            "reservation-moved.v1": onboarding.ReservationMoved,
            "reservation-received.v1": onboarding.ReservationReceived,
            "employment-declared.v1": onboarding.EmploymentDeclared,
            "documents-provided.v1": onboarding.DocumentsProvided,
            "documents-reopened.v1": onboarding.DocumentsReopened,
            "application-completed.v1": onboarding.ApplicationCompleted,
            "consent-withdrawn.v1": onboarding.ConsentWithdrawn,
            "email-corrected.v1": onboarding.EmailCorrected,
            "contact-change-requested.v1": onboarding.ContactChangeRequested,
            "contact-changed.v1": onboarding.ContactChanged,
            "phone-code-issued.v1": onboarding.PhoneCodeIssued,
            "phone-verified.v1": onboarding.PhoneVerified,
            "password-reset-requested.v1": onboarding.PasswordResetRequested,
            "password-changed.v1": onboarding.PasswordChanged,
            "identity-correction-requested.v1": onboarding.IdentityCorrectionRequested,
            "identity-corrected.v1": onboarding.IdentityCorrected,
            "identity-correction-refused.v1": onboarding.IdentityCorrectionRefused,
            "applicant-erased.v1": onboarding.ApplicantErased,
        },
        topics.ONBOARDING_DOCUMENT_CLAIMS: {
            "document-claim-opened.v1": document_claims.DocumentClaimOpened,
            "document-claim-granted.v1": document_claims.DocumentClaimGranted,
            "document-claim-refused.v1": document_claims.DocumentClaimRefused,
            "document-claim-expired.v1": document_claims.DocumentClaimExpired,
        },
        topics.ONBOARDING_PAYERS: {
            "payer-registered.v1": payers.PayerRegistered,
            "payer-proposed.v1": payers.PayerProposed,
            "payer-accepted.v1": payers.PayerAccepted,
            "payer-refused.v1": payers.PayerRefused,
            "payer-changed.v1": payers.PayerChanged,
            "payer-suspended.v1": payers.PayerSuspended,
            "payer-reinstated.v1": payers.PayerReinstated,
        },
        topics.ONBOARDING_STAFF: {
            "staff-invited.v1": staff.StaffInvited,
            "staff-invitation-withdrawn.v1": staff.StaffInvitationWithdrawn,
            "staff-joined.v1": staff.StaffJoined,
            "staff-role-changed.v1": staff.StaffRoleChanged,
            "staff-ended.v1": staff.StaffEnded,
            "staff-password-reset-requested.v1": staff.StaffPasswordResetRequested,
            "staff-password-changed.v1": staff.StaffPasswordChanged,
        },
        topics.DOCUMENTS_DOSSIERS: {
            "dossier-opened.v1": documents.DossierOpened,
            "document-received.v1": documents.DocumentReceived,
            "document-failed-screening.v1": documents.DocumentFailedScreening,
            "document-screened.v1": documents.DocumentScreened,
            "document-accepted.v1": documents.DocumentAccepted,
            "document-rejected.v1": documents.DocumentRejected,
            "document-superseded.v1": documents.DocumentSuperseded,
            "document-demanded.v1": documents.DocumentDemanded,
            "dossier-submitted.v1": documents.DossierSubmitted,
            "dossier-accepted.v1": documents.DossierAccepted,
            "dossier-reopened.v1": documents.DossierReopened,
            "dossier-erased.v1": documents.DossierErased,
        },
        topics.CUSTOMER_REGISTRY_CUSTOMERS: {
            "pre-customer-registered.v1": customer_registry.PreCustomerRegistered,
            "pre-customer-activated.v1": customer_registry.PreCustomerActivated,
            "pre-customer-activated.v2": customer_registry.PreCustomerActivatedV2,
            "requirements-evaluated.v1": customer_registry.RequirementsEvaluated,
            "pre-customer-promoted.v1": customer_registry.PreCustomerPromoted,
            "record-enabled.v1": customer_registry.RecordEnabled,
            "record-set-pending.v1": customer_registry.RecordSetPending,
            "record-disabled.v1": customer_registry.RecordDisabled,
            "record-blocked.v1": customer_registry.RecordBlocked,
            "record-unblocked.v1": customer_registry.RecordUnblocked,
            "internal-user-granted.v1": customer_registry.InternalUserGranted,
            "internal-user-revoked.v1": customer_registry.InternalUserRevoked,
            "record-erased.v1": customer_registry.RecordErased,
        },
        topics.CUSTOMER_REGISTRY_POLICIES: {
            "policy-published.v1": customer_registry.PolicyPublished,
        },
        topics.CUSTOMER_REGISTRY_CREDIT: {
            "loan-recorded.v1": credit_records.LoanRecorded,
            "loan-moved-away.v1": credit_records.LoanMovedAway,
            "credit-application-recorded.v1": credit_records.CreditApplicationRecorded,
            "credit-application-moved-away.v1": credit_records.CreditApplicationMovedAway,
            "credit-limit-recorded.v1": credit_records.CreditLimitRecorded,
        },
        topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS: {
            "credit-report-refused.v1": credit_records.CreditReportRefused,
        },
        topics.NOTIFICATIONS_MESSAGES: {
            "message-queued.v1": notifications.MessageQueued,
            "message-sent.v1": notifications.MessageSent,
            "message-failed.v1": notifications.MessageFailed,
        },
        topics.ACCESS_REVOCATIONS: {
            "session-ended.v1": access.SessionEnded,
            "subject-denied.v1": access.SubjectDenied,
            "subject-allowed.v1": access.SubjectAllowed,
            "roles-revoked.v1": access.RolesRevoked,
        },
        topics.CREDIT_LOANS: {
            "loan-opened.v1": credit.LoanOpened,
            "loan-refinanced.v1": credit.LoanRefinanced,
            "loan-closed.v1": credit.LoanClosed,
            "loan-written-off.v1": credit.LoanWrittenOff,
            "loan-cancelled.v1": credit.LoanCancelled,
            "loan-reported.v1": credit.LoanReported,
            "credit-limit-assigned.v1": credit.CreditLimitAssigned,
        },
        topics.CREDIT_APPLICATIONS: {
            "credit-application-reported.v1": credit.CreditApplicationReported,
        },
    }
)


def parse(topic: str, event_type: str, value: bytes) -> Facts | None:
    """The value as the type's model; None for a type that this version does not know.

    Raises:
        pydantic.ValidationError: the value does not fit the model.

    """
    model = EVENTS[topic].get(event_type)
    return None if model is None else model.model_validate_json(value)


def parse_strictly(topic: str, event_type: str, value: bytes) -> Facts | None:
    """As `parse`, with every value of exactly the published type: no text for an integer.

    For topics that other parties write. Unknown fields are ignored.

    Raises:
        pydantic.ValidationError: the value does not fit the model.

    """
    model = EVENTS[topic].get(event_type)
    return None if model is None else model.model_validate_json(value, strict=True)


def parser(topic: str) -> Callable[[str, bytes], Facts | None]:
    """`parse` for one topic, called with event type and value; faster, for consumers."""
    validators = {name: TypeAdapter(model).validator for name, model in EVENTS[topic].items()}

    def parse_event(event_type: str, value: bytes) -> Facts | None:
        validator = validators.get(event_type)
        return None if validator is None else validator.validate_json(value)

    return parse_event


def event_types(topic: str) -> frozenset[str]:
    """The types of the topic that this version knows."""
    return frozenset(EVENTS[topic])


def types_of(topic: str, models: Collection[type[Facts]]) -> frozenset[str]:
    """The types of the topic whose model is one of `models`, or derived from one of them."""
    return frozenset(
        name for name, model in EVENTS[topic].items() if issubclass(model, tuple(models))
    )

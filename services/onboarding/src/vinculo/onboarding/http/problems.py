"""The one table from refusals to problem responses, and the messages of field errors."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import Request

from vinculo import httpapi
from vinculo.httpapi import Problem, ProblemType, responds_with
from vinculo.httpapi.catalogue import FIELD_ERROR, preferred_language
from vinculo.httpapi.cursors import CursorUnreadable
from vinculo.httpapi.problem_types import Refusals
from vinculo.httpapi.rate_limits import RateLimited
from vinculo.onboarding.application.activation import LinkUnknown
from vinculo.onboarding.application.applicant_view import PersonErased
from vinculo.onboarding.application.authentication import (
    NoOwnPassword,
    PasswordWrong,
    SignInRefused,
)
from vinculo.onboarding.application.claim_decisions import DocumentHeldByAnother
from vinculo.onboarding.application.disputes import PersonUnknown
from vinculo.onboarding.application.document_claims import (
    DocumentClaimedAlready,
    DocumentNotActivated,
)
from vinculo.onboarding.application.login_throttle import TooManyAttempts
from vinculo.onboarding.application.password_queue import ClientHungUp, PasswordHasherBusy
from vinculo.onboarding.application.sessions import SessionEnded
from vinculo.onboarding.application.staff import StaffMemberExists
from vinculo.onboarding.application.staff_administration import StaffMemberUnknown
from vinculo.onboarding.domain.account_decisions import (
    ConfirmationExpired,
    ConfirmationSuperseded,
    ConfirmationUsed,
    ConsentIndispensable,
    PhoneVerifiedAlready,
    TooManyMessages,
)
from vinculo.onboarding.domain.activation_decisions import (
    DocumentActivatedByAnother,
    LinkExpired,
    LinkSuperseded,
    LinkUsed,
    NoSuchApplication,
    NoSuchSubmission,
    NotDisputed,
)
from vinculo.onboarding.domain.application import Step
from vinculo.onboarding.domain.application_decisions import EmailNotVerified, StepsMissing
from vinculo.onboarding.domain.document_claim import ClaimDecided, NoSuchClaim, ReasonNotFitting
from vinculo.onboarding.domain.identity_correction import (
    CorrectionDecided,
    CorrectionOpenAlready,
    NoSuchCorrection,
    OwnRecordCorrection,
    RefusalNoteIsMissing,
)
from vinculo.onboarding.domain.payer_decisions import (
    NoSuchPayer,
    NotAProposal,
    PayerIdTaken,
    PayerNotListed,
)
from vinculo.onboarding.domain.staff import (
    LastAdmin,
    OwnMembership,
    StaffMemberActive,
    StaffMemberEnded,
    StaffMemberNotInvited,
    StaffState,
)
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.messages import MESSAGES
from vinculo.onboarding.storage.accounts import AccountClosed
from vinculo.onboarding.storage.confirmations import CodeExhausted, CodeWrong
from vinculo.onboarding.storage.identity_reservations import DocumentTaken
from vinculo.onboarding.storage.payers import PayerStatus, TaxIdTaken
from vinculo.privacy import KeyDestroyed
from vinculo.translation import Language

ORIGIN_REFUSED: Final = ProblemType(403, "origin-refused")
LINK_REFUSALS: Final = (LinkUnknown, LinkExpired, LinkSuperseded, LinkUsed)
REAUTHENTICATION_REFUSALS: Final = (PasswordWrong, TooManyAttempts, PasswordHasherBusy)
CONFIRMATION_REFUSALS: Final = (
    LinkUnknown,
    ConfirmationUsed,
    ConfirmationSuperseded,
    ConfirmationExpired,
)
CODE_REFUSALS: Final = (CodeWrong, CodeExhausted)
CORRECTION_DECISION_REFUSALS: Final = (NoSuchCorrection, CorrectionDecided, OwnRecordCorrection)


def refusals() -> Refusals:
    """After an erasure or a block, the person's access token counts as invalid."""
    return {
        LinkUnknown: (404, "link-unknown"),
        LinkExpired: (410, "link-expired"),
        LinkSuperseded: (410, "link-expired"),
        LinkUsed: (410, "link-used"),
        NoSuchSubmission: (410, "link-expired"),
        DocumentActivatedByAnother: (409, "document-activated-by-another"),
        DocumentNotActivated: (409, "document-not-activated"),
        DocumentClaimedAlready: (409, "document-claimed-already"),
        DocumentHeldByAnother: (409, "document-held-by-another"),
        CursorUnreadable: (400, "cursor-unreadable"),
        NoSuchClaim: (404, "document-claim-unknown"),
        ClaimDecided: (409, "document-claim-decided"),
        ReasonNotFitting: (422, "claim-reason-not-fitting"),
        PersonUnknown: (404, "person-unknown"),
        NotDisputed: (409, "document-not-disputed"),
        SignInRefused: (401, "sign-in-refused"),
        ConfirmationUsed: (410, "confirmation-expired"),
        ConfirmationSuperseded: (410, "confirmation-expired"),
        ConfirmationExpired: (410, "confirmation-expired"),
        CodeExhausted: (410, "confirmation-expired"),
        CodeWrong: (422, "code-wrong"),
        TooManyMessages: _too_many_messages,
        PhoneVerifiedAlready: (409, "phone-verified-already"),
        ConsentIndispensable: (409, "consent-indispensable"),
        PasswordWrong: (403, "password-wrong"),
        NoOwnPassword: (409, "no-own-password"),
        PersonErased: (401, "token-invalid"),
        SessionEnded: (401, "session-ended"),
        TooManyAttempts: _too_many_attempts,
        RateLimited: _too_many_attempts,
        PasswordHasherBusy: _busy,
        ClientHungUp: (499, "client-closed-request"),
        AccountClosed: (401, "token-invalid"),
        NoSuchApplication: (401, "token-invalid"),
        KeyDestroyed: (401, "token-invalid"),
        EmailNotVerified: (409, "email-not-verified"),
        StepsMissing: _steps_missing,
        DocumentTaken: (409, "identity-correction-not-possible"),
        CorrectionOpenAlready: (409, "identity-correction-open"),
        NoSuchCorrection: (404, "identity-correction-unknown"),
        CorrectionDecided: (409, "identity-correction-decided"),
        OwnRecordCorrection: (403, "own-record"),
        RefusalNoteIsMissing: (422, "note-missing"),
        TaxIdTaken: _tax_id_taken,
        NoSuchPayer: (404, "payer-unknown"),
        NotAProposal: (409, "payer-not-proposed"),
        PayerNotListed: (409, "payer-not-in-catalogue"),
        PayerIdTaken: (409, "stream-changed"),
        StaffMemberExists: _staff_member_exists,
        StaffMemberUnknown: (404, "staff-member-unknown"),
        StaffMemberActive: (409, "staff-member-active"),
        StaffMemberNotInvited: (409, "staff-member-not-invited"),
        StaffMemberEnded: (409, "staff-member-ended"),
        OwnMembership: (403, "own-membership"),
        LastAdmin: (409, "last-admin"),
    }


@contextmanager
def form_errors_as_problems(request: Request) -> Iterator[None]:
    """Turn InvalidForm into a problem with a message per field, in the caller's language."""
    try:
        yield
    except InvalidForm as invalid:
        language = preferred_language(request.headers)
        errors = field_error_messages(invalid.errors, language)
        raise Problem(422, "request-invalid", errors=errors) from None


def field_error_messages(
    errors: Iterable[FieldError], language: Language
) -> list[httpapi.FieldError]:
    return [
        httpapi.FieldError(
            error.field,
            error.code,
            MESSAGES.text(FIELD_ERROR, error.code, language, **error.values),
        )
        for error in errors
    ]


_PAYER_ID: Final = {
    "payer_id": {"type": "string", "format": "uuid", "description": "The payer that has it."}
}
_STAFF_MEMBER: Final[dict[str, dict[str, object]]] = {
    "staff_id": {"type": "string", "format": "uuid", "description": "The member who has it."},
    "state": {
        "type": "string",
        "enum": [state.value for state in StaffState],
        "description": "A member who was ended can be invited again.",
    },
}
_MISSING_STEPS: Final = {
    "missing": {
        "type": "array",
        "items": {"type": "string", "enum": [step.value for step in Step]},
        "description": "The steps that are not done.",
    }
}


@responds_with(
    ProblemType(409, "payer-proposed-already", members=_PAYER_ID),
    ProblemType(409, "payer-registered-already", members=_PAYER_ID),
)
def _tax_id_taken(error: TaxIdTaken) -> Problem:
    proposed = error.holder.status is PayerStatus.PROPOSED
    slug = "payer-proposed-already" if proposed else "payer-registered-already"
    return Problem(409, slug, extensions={"payer_id": str(error.holder.payer_id)})


@responds_with(ProblemType(409, "staff-member-exists", members=_STAFF_MEMBER))
def _staff_member_exists(error: StaffMemberExists) -> Problem:
    member = error.member
    known = {} if member is None else {"staff_id": str(member.staff_id), "state": member.state}
    return Problem(409, "staff-member-exists", extensions=known)


@responds_with(ProblemType(429, "too-many-attempts", retry_after=True))
def _too_many_attempts(error: TooManyAttempts | RateLimited) -> Problem:
    return Problem(429, "too-many-attempts", retry_after_seconds=error.retry_after_seconds)


@responds_with(ProblemType(503, "busy", retry_after=True))
def _busy(error: PasswordHasherBusy) -> Problem:
    return Problem(503, "busy", retry_after_seconds=error.retry_after_seconds)


@responds_with(ProblemType(429, "too-many-messages", retry_after=True))
def _too_many_messages(error: TooManyMessages) -> Problem:
    return Problem(429, "too-many-messages", retry_after_seconds=error.retry_after_seconds)


@responds_with(ProblemType(409, "steps-missing", members=_MISSING_STEPS))
def _steps_missing(error: StepsMissing) -> Problem:
    missing = [step.value for step in error.missing]
    return Problem(409, "steps-missing", extensions={"missing": missing})

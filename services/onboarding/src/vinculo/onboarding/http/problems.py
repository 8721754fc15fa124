"""The one table from refusals to problem responses, and the messages of field errors."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from fastapi import Request

from vinculo import httpapi
from vinculo.httpapi import Problem
from vinculo.httpapi.catalogue import FIELD_ERROR, preferred_language
from vinculo.httpapi.exception_handlers import Refusals
from vinculo.httpapi.rate_limits import RateLimited
from vinculo.onboarding.application.activation import LinkUnknown
from vinculo.onboarding.application.applicant_view import PersonErased
from vinculo.onboarding.application.authentication import PasswordWrong, SignInRefused
from vinculo.onboarding.application.login_throttle import TooManyAttempts
from vinculo.onboarding.application.password_queue import ClientHungUp, PasswordHasherBusy
from vinculo.onboarding.application.sessions import SessionEnded
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
from vinculo.onboarding.domain.application_decisions import EmailNotVerified, StepsMissing
from vinculo.onboarding.domain.identity_correction import (
    CorrectionDecided,
    CorrectionOpenAlready,
    NoSuchCorrection,
    OwnRecordCorrection,
)
from vinculo.onboarding.domain.payer_decisions import (
    NoSuchPayer,
    NotAProposal,
    PayerIdTaken,
    PayerNotListed,
)
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.messages import MESSAGES
from vinculo.onboarding.storage.accounts import AccountClosed
from vinculo.onboarding.storage.confirmations import CodeExhausted, CodeWrong
from vinculo.onboarding.storage.identity_reservations import DocumentTaken
from vinculo.onboarding.storage.payers import PayerStatus, TaxIdTaken
from vinculo.privacy import KeyDestroyed
from vinculo.translation import Language


def refusals() -> Refusals:
    """After an erasure or a block, the person's access token counts as invalid."""
    return {
        LinkUnknown: (404, "link-unknown"),
        LinkExpired: (410, "link-expired"),
        LinkSuperseded: (410, "link-expired"),
        LinkUsed: (410, "link-used"),
        NoSuchSubmission: (410, "link-expired"),
        DocumentActivatedByAnother: (409, "document-activated-by-another"),
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
        TaxIdTaken: _tax_id_taken,
        NoSuchPayer: (404, "payer-unknown"),
        NotAProposal: (409, "payer-not-proposed"),
        PayerNotListed: (409, "payer-not-in-catalogue"),
        PayerIdTaken: (409, "stream-changed"),
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


def _tax_id_taken(error: TaxIdTaken) -> Problem:
    proposed = error.holder.status is PayerStatus.PROPOSED
    slug = "payer-proposed-already" if proposed else "payer-registered-already"
    return Problem(409, slug, extensions={"payer_id": str(error.holder.payer_id)})


def _too_many_attempts(error: TooManyAttempts | RateLimited) -> Problem:
    return Problem(429, "too-many-attempts", retry_after_seconds=error.retry_after_seconds)


def _busy(error: PasswordHasherBusy) -> Problem:
    return Problem(503, "busy", retry_after_seconds=error.retry_after_seconds)


def _too_many_messages(error: TooManyMessages) -> Problem:
    return Problem(429, "too-many-messages", retry_after_seconds=error.retry_after_seconds)


def _steps_missing(error: StepsMissing) -> Problem:
    missing = [step.value for step in error.missing]
    return Problem(409, "steps-missing", extensions={"missing": missing})

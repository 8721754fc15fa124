"""Which refusal is which answer, and what it is called in every language."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import Request

from vinculo import httpapi
from vinculo.httpapi import Problem
from vinculo.httpapi.catalogue import COMMON_MESSAGES, FIELD_ERROR
from vinculo.httpapi.exception_handlers import Refusals
from vinculo.httpapi.languages import preferred_language
from vinculo.httpapi.rate_limits import RateLimited
from vinculo.onboarding.accounts.password_proof import PasswordWrong
from vinculo.onboarding.accounts.passwords import PasswordsBusy
from vinculo.onboarding.accounts.sessions import SessionEnded
from vinculo.onboarding.accounts.sign_in import SignInRefused
from vinculo.onboarding.accounts.sign_in_attempts import TooManyAttempts
from vinculo.onboarding.domain.account_decisions import (
    ConfirmationExpired,
    ConfirmationSuperseded,
    ConfirmationUsed,
    ConsentIndispensable,
    PhoneVerifiedAlready,
    TooManyMessages,
)
from vinculo.onboarding.domain.activation_decisions import (
    LinkExpired,
    LinkSuperseded,
    LinkUsed,
    NoSuchApplication,
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
from vinculo.onboarding.own.known_people import PersonErased
from vinculo.onboarding.registering.activation import LinkUnknown
from vinculo.onboarding.storage.accounts import AccountClosed
from vinculo.onboarding.storage.confirmations import CodeExhausted, CodeWrong
from vinculo.onboarding.storage.identity_reservations import DocumentTaken
from vinculo.onboarding.storage.payers import PayerStatus, TaxIdTaken
from vinculo.privacy import KeyDestroyed
from vinculo.translation import Language, load_catalogue

MESSAGES: Final = (
    load_catalogue("vinculo.onboarding")
    .with_fallback(load_catalogue("vinculo.values"))
    .with_fallback(COMMON_MESSAGES)
)


def refusals() -> Refusals:
    """Of people erased or blocked after their token was issued, the token is no longer good."""
    return {
        LinkUnknown: (404, "link-unknown"),
        LinkExpired: (410, "link-expired"),
        LinkSuperseded: (410, "link-expired"),
        LinkUsed: (410, "link-used"),
        SignInRefused: (401, "sign-in-refused"),
        ConfirmationUsed: (410, "confirmation-expired"),
        ConfirmationSuperseded: (410, "confirmation-expired"),
        ConfirmationExpired: (410, "confirmation-expired"),
        CodeExhausted: (410, "confirmation-expired"),
        CodeWrong: (422, "code-wrong"),
        TooManyMessages: _pause,
        PhoneVerifiedAlready: (409, "phone-verified-already"),
        ConsentIndispensable: (409, "consent-indispensable"),
        PasswordWrong: (403, "password-wrong"),
        PersonErased: (401, "token-invalid"),
        SessionEnded: (401, "session-ended"),
        TooManyAttempts: _wait,
        RateLimited: _wait,
        PasswordsBusy: _busy,
        AccountClosed: (401, "token-invalid"),
        NoSuchApplication: (401, "token-invalid"),
        KeyDestroyed: (401, "token-invalid"),
        EmailNotVerified: (409, "email-not-verified"),
        StepsMissing: _steps,
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
def faults_answered(request: Request) -> Iterator[None]:
    """Answer a refused form with a message per field, in the caller's language."""
    try:
        yield
    except InvalidForm as invalid:
        language = preferred_language(request.headers)
        errors = errors_of(invalid.errors, language)
        raise Problem(422, "request-invalid", errors=errors) from None


def errors_of(faults: Iterable[FieldError], language: Language) -> list[httpapi.FieldError]:
    return [
        httpapi.FieldError(
            fault.field,
            fault.code,
            MESSAGES.text(FIELD_ERROR, fault.code, language, **fault.values),
        )
        for fault in faults
    ]


def _tax_id_taken(error: TaxIdTaken) -> Problem:
    proposed = error.holder.status is PayerStatus.PROPOSED
    slug = "payer-proposed-already" if proposed else "payer-registered-already"
    return Problem(409, slug, extensions={"payer_id": str(error.holder.payer_id)})


def _wait(error: TooManyAttempts | RateLimited) -> Problem:
    return Problem(
        429, "too-many-attempts", headers={"retry-after": str(error.retry_after_seconds)}
    )


def _busy(_: PasswordsBusy) -> Problem:
    return Problem(503, "busy", headers={"retry-after": "5"})


def _pause(error: TooManyMessages) -> Problem:
    return Problem(
        429, "too-many-messages", headers={"retry-after": str(error.retry_after_seconds)}
    )


def _steps(error: StepsMissing) -> Problem:
    missing = [step.value for step in error.missing]
    return Problem(409, "steps-missing", extensions={"missing": missing})

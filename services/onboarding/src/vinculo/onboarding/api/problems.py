"""Which refusal is which answer, and what it is called in every language."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from fastapi import Request

from vinculo.httpapi import FieldError, Problem
from vinculo.httpapi.answers import Refusals
from vinculo.httpapi.languages import Language, preferred_language
from vinculo.onboarding.accounts.confirmations import CodeExhausted, CodeWrong
from vinculo.onboarding.accounts.password_proof import PasswordWrong
from vinculo.onboarding.accounts.passwords import PasswordsBusy
from vinculo.onboarding.accounts.sessions import SessionEnded
from vinculo.onboarding.accounts.sign_in import SignInRefused
from vinculo.onboarding.accounts.sign_in_attempts import TooManyAttempts
from vinculo.onboarding.domain.account_refusals import (
    ConfirmationExpired,
    ConfirmationSuperseded,
    ConfirmationUsed,
    ConsentIndispensable,
    PhoneVerifiedAlready,
    TooManyMessages,
)
from vinculo.onboarding.domain.application_refusals import (
    EmailNotVerified,
    LinkExpired,
    LinkSuperseded,
    LinkUsed,
    NoSuchApplication,
    StepsMissing,
)
from vinculo.onboarding.domain.identity_corrections import (
    CorrectionDecided,
    CorrectionOpenAlready,
    NoSuchCorrection,
    OwnCorrection,
)
from vinculo.onboarding.domain.payer_refusals import (
    AnotherPayerIsHere,
    NoSuchPayer,
    NotAProposal,
    NotInCatalogue,
)
from vinculo.onboarding.fields.messages import FIELD_MESSAGES, field_message
from vinculo.onboarding.fields.refusals import FieldFault, FormRefused
from vinculo.onboarding.identity.reservations import DocumentTaken
from vinculo.onboarding.income.payer_rows import PayerStatus, TaxIdTaken
from vinculo.onboarding.own.application import AccountClosed
from vinculo.onboarding.own.known_people import PersonErased
from vinculo.onboarding.registering.activation import LinkUnknown
from vinculo.privacy import KeyDestroyed

_TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "busy": {
        "es": "Hay muchas solicitudes en este momento; intente de nuevo en unos segundos",
        "en": "There are many requests right now; try again in a few seconds",
    },
    "link-unknown": {
        "es": "Este enlace no existe",
        "en": "There is no such link",
    },
    "link-expired": {
        "es": "Este enlace ya no vale; regístrese otra vez para recibir uno nuevo",
        "en": "This link is no longer valid; register again to receive a new one",
    },
    "link-used": {
        "es": "Este enlace ya se usó; inicie sesión",
        "en": "This link has been used; sign in",
    },
    "sign-in-refused": {
        "es": "Los datos no corresponden a una cuenta activa",
        "en": "These are not the data of an active account",
    },
    "confirmation-expired": {
        "es": "Este enlace o código ya no vale; pida uno nuevo",
        "en": "This link or code is no longer valid; ask for a new one",
    },
    "code-wrong": {
        "es": "El código no es correcto",
        "en": "The code is not right",
    },
    "too-many-messages": {
        "es": "Ya se enviaron varios mensajes; espere antes de pedir otro",
        "en": "Several messages were sent already; wait before asking for another",
    },
    "phone-verified-already": {
        "es": "El teléfono ya está verificado",
        "en": "The phone is verified already",
    },
    "consent-indispensable": {
        "es": "Sin esta autorización no puede haber cuenta; pida que se eliminen sus datos",
        "en": "Without this consent there can be no account; ask for your data to be erased",
    },
    "password-wrong": {
        "es": "La contraseña no es correcta",
        "en": "The password is not right",
    },
    "session-ended": {
        "es": "La sesión terminó; inicie sesión otra vez",
        "en": "The session has ended; sign in again",
    },
    "origin-refused": {
        "es": "Esta petición no viene de nuestra página",
        "en": "This request does not come from our page",
    },
    "too-many-attempts": {
        "es": "Demasiados intentos; espere un momento",
        "en": "Too many attempts; wait a moment",
    },
    "email-not-verified": {
        "es": "Primero active la cuenta con el enlace de su correo",
        "en": "Activate the account first by the link in your e-mail",
    },
    "steps-missing": {
        "es": "Aún faltan pasos",
        "en": "There are steps still missing",
    },
    "payer-registered-already": {
        "es": "Ya existe una pagaduría con este NIT",
        "en": "There is a payer with this tax id already",
    },
    "payer-proposed-already": {
        "es": "Ya se propuso una pagaduría con este NIT; acéptela o rechácela",
        "en": "A payer with this tax id has been proposed; accept it or refuse it",
    },
    "identity-correction-not-possible": {
        "es": "No se puede corregir el documento así; escríbanos para que lo revisemos",
        "en": "The document cannot be corrected like this; write to us so that we look at it",
    },
    "identity-correction-open": {
        "es": "Ya hay una corrección en revisión",
        "en": "A correction is being looked at already",
    },
    "identity-correction-unknown": {
        "es": "No existe esta corrección, o ya se decidió sobre ella",
        "en": "There is no such correction, or it has been decided on",
    },
    "identity-correction-decided": {
        "es": "Ya se decidió sobre esta corrección",
        "en": "This correction has been decided on",
    },
    "own-record": {
        "es": "Nadie decide sobre su propio registro",
        "en": "Nobody decides on the own record",
    },
    "payer-unknown": {"es": "No existe esta pagaduría", "en": "There is no such payer"},
    "payer-not-proposed": {
        "es": "Esta pagaduría no está propuesta, o ya se decidió sobre ella",
        "en": "This payer is not proposed, or has been decided on",
    },
    "payer-not-in-catalogue": {
        "es": "Esta pagaduría no está en el catálogo",
        "en": "This payer is not in the catalogue",
    },
}

TITLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({**_TITLES, **FIELD_MESSAGES})


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
        OwnCorrection: (403, "own-record"),
        TaxIdTaken: _tax_id_taken,
        NoSuchPayer: (404, "payer-unknown"),
        NotAProposal: (409, "payer-not-proposed"),
        NotInCatalogue: (409, "payer-not-in-catalogue"),
        AnotherPayerIsHere: (409, "stream-changed"),
    }


@contextmanager
def faults_answered(request: Request) -> Iterator[None]:
    """Answer a refused form with a message per field, in the caller's language."""
    try:
        yield
    except FormRefused as refused:
        language = preferred_language(request.headers)
        errors = errors_of(refused.faults, language)
        raise Problem(422, "request-invalid", errors=errors) from None


def errors_of(faults: Iterable[FieldFault], language: Language) -> list[FieldError]:
    return [
        FieldError(fault.field, fault.code, field_message(fault.code, language, fault.values))
        for fault in faults
    ]


def _tax_id_taken(error: TaxIdTaken) -> Problem:
    proposed = error.holder.status is PayerStatus.PROPOSED
    slug = "payer-proposed-already" if proposed else "payer-registered-already"
    return Problem(409, slug, extensions={"payer_id": str(error.holder.payer_id)})


def _wait(error: TooManyAttempts) -> Problem:
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

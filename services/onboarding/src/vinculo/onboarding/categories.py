"""The streams of this service: their names, deciders, and the stored names of their events."""

from typing import Final

from vinculo.eventstore import Category, Codec
from vinculo.onboarding.domain import account_events as account
from vinculo.onboarding.domain import payer_events as payer
from vinculo.onboarding.domain import step_events as step
from vinculo.onboarding.domain.application import (
    Application,
)
from vinculo.onboarding.domain.application_commands import (
    ApplicationCommand,
)
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
)
from vinculo.onboarding.domain.application_events import ApplicationEvent
from vinculo.onboarding.domain.payer import Payer
from vinculo.onboarding.domain.payer_commands import PayerCommand
from vinculo.onboarding.domain.payer_decisions import PAYER
from vinculo.onboarding.domain.payer_events import PayerEvent

APPLICATION_EVENTS: Final = {
    "application-started.v1": step.ApplicationStarted,
    "consent-given.v1": step.ConsentGiven,
    "activation-link-issued.v1": step.ActivationLinkIssued,
    "registration-repeated.v1": step.RegistrationRepeated,
    "email-verified.v1": step.EmailVerified,
    "application-lapsed.v1": step.ApplicationLapsed,
    "reservation-taken-over.v1": step.ReservationTakenOver,
    "employment-declared.v1": step.EmploymentDeclared,
    "documents-provided.v1": step.DocumentsProvided,
    "application-completed.v1": step.ApplicationCompleted,
    "consent-withdrawn.v1": account.ConsentWithdrawn,
    "email-corrected.v1": account.EmailCorrected,
    "contact-change-requested.v1": account.ContactChangeRequested,
    "contact-changed.v1": account.ContactChanged,
    "phone-code-issued.v1": account.PhoneCodeIssued,
    "phone-verified.v1": account.PhoneVerified,
    "password-reset-requested.v1": account.PasswordResetRequested,
    "password-changed.v1": account.PasswordChanged,
    "identity-correction-requested.v1": account.IdentityCorrectionRequested,
    "identity-corrected.v1": account.IdentityCorrected,
    "identity-correction-refused.v1": account.IdentityCorrectionRefused,
    "applicant-erased.v1": step.ApplicantErased,
}

PAYER_EVENTS: Final = {
    "payer-registered.v1": payer.PayerRegistered,
    "payer-proposed.v1": payer.PayerProposed,
    "payer-accepted.v1": payer.PayerAccepted,
    "payer-refused.v1": payer.PayerRefused,
    "payer-changed.v1": payer.PayerChanged,
    "payer-suspended.v1": payer.PayerSuspended,
    "payer-reinstated.v1": payer.PayerReinstated,
}


def application_category() -> Category[ApplicationCommand, Application, ApplicationEvent]:
    return Category("application", APPLICATION, Codec(APPLICATION_EVENTS))


def payer_category() -> Category[PayerCommand, Payer, PayerEvent]:
    return Category("payer", PAYER, Codec(PAYER_EVENTS))

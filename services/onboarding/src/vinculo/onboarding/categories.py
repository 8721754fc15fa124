"""The streams of this service: their names, deciders, and the stored names of their events."""

from typing import Final

from vinculo.eventstore import Category, Codec
from vinculo.onboarding.domain import application_events as application
from vinculo.onboarding.domain import payer
from vinculo.onboarding.domain.application import (
    Application,
)
from vinculo.onboarding.domain.application_commands import (
    ApplicationCommand,
)
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
)
from vinculo.onboarding.domain.application_events import (
    ApplicationEvent,
)
from vinculo.onboarding.domain.payer import Payer, PayerEvent
from vinculo.onboarding.domain.payer_decisions import PAYER, PayerCommand

APPLICATION_EVENTS: Final = {
    "application-started.v1": application.ApplicationStarted,
    "consent-given.v1": application.ConsentGiven,
    "activation-link-issued.v1": application.ActivationLinkIssued,
    "registration-repeated.v1": application.RegistrationRepeated,
    "email-verified.v1": application.EmailVerified,
    "employment-declared.v1": application.EmploymentDeclared,
    "documents-provided.v1": application.DocumentsProvided,
    "application-completed.v1": application.ApplicationCompleted,
    "applicant-erased.v1": application.ApplicantErased,
}

PAYER_EVENTS: Final = {"payer-registered.v1": payer.PayerRegistered}


def application_category() -> Category[ApplicationCommand, Application, ApplicationEvent]:
    return Category("application", APPLICATION, Codec(APPLICATION_EVENTS))


def payer_category() -> Category[PayerCommand, Payer, PayerEvent]:
    return Category("payer", PAYER, Codec(PAYER_EVENTS))

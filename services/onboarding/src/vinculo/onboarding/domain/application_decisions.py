"""Commands on an application, their refusals and what each leads to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from vinculo.events.decider import Decider
from vinculo.onboarding.domain.account import Channel, ConsentGiven, ConsentPurpose
from vinculo.onboarding.domain.account_decisions import AccountCommand, decide_on_account
from vinculo.onboarding.domain.activation_decisions import (
    ActivationCommand,
    ApplicationRefused,
    decide_on_activation,
    link_issued,
    require_in_progress,
)
from vinculo.onboarding.domain.application import (
    ActivationLink,
    ApplicantErased,
    Application,
    ApplicationCompleted,
    ApplicationEvent,
    DocumentsProvided,
    EmploymentDeclared,
    ErasedApplication,
    InProgress,
    NotStarted,
    RegistrationRepeated,
    Step,
    evolve_application,
)
from vinculo.onboarding.domain.employment import ContractType, EmploymentDetails
from vinculo.onboarding.domain.identity_correction import IdentityCommand, decide_on_identity
from vinculo.onboarding.domain.submission import ApplicationStarted, Consent, PersonDetails

MIN_PAUSE_BETWEEN_REPEATS: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterApplicant:
    registration_id: UUID
    project: str
    channel: Channel
    locale: str
    country: str
    document_type: str
    person: PersonDetails
    consents: tuple[Consent, ...]
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRegistration:
    """`link` is issued if the account is not active and the latest link has expired.

    With the `registration_id` of the first registration it is the same request again, and quiet.
    """

    registration_id: UUID | None = None
    channel: Channel
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareEmployment:
    payer_id: UUID
    contract_type: ContractType
    currency: str
    employment: EmploymentDetails
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDocumentsProvided:
    provided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteApplication:
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseApplicant:
    now: datetime


StepCommand: TypeAlias = (
    RegisterApplicant
    | RepeatRegistration
    | DeclareEmployment
    | RecordDocumentsProvided
    | CompleteApplication
    | EraseApplicant
)


ApplicationCommand: TypeAlias = StepCommand | ActivationCommand | AccountCommand | IdentityCommand


class AlreadyRegistered(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("this person is already registered")


class PersonalDataConsentMissing(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("registration requires consent to store personal data")


class EmailNotVerified(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("the e-mail address must be verified first")


class StepsMissing(ApplicationRefused):
    def __init__(self, missing: tuple[Step, ...]) -> None:
        super().__init__(f"still missing: {', '.join(missing)}")
        self.missing = missing


def decide_on_application(
    command: ApplicationCommand, state: Application
) -> list[ApplicationEvent]:
    if isinstance(command, AccountCommand | IdentityCommand):
        return _decide_for_activated(command, require_verified(state))
    if isinstance(command, ActivationCommand):
        return decide_on_activation(command, state)
    return decide_on_step(command, state)


def decide_on_step(command: StepCommand, state: Application) -> list[ApplicationEvent]:
    match command:
        case RegisterApplicant():
            return register_applicant(command, state)
        case RepeatRegistration():
            return repeat_registration(command, state)
        case DeclareEmployment():
            return declare_employment(command, state)
        case RecordDocumentsProvided():
            return record_documents_provided(command, state)
        case CompleteApplication():
            return complete_application(command, state)
        case EraseApplicant():
            return erase_applicant(command, state)
        case _:
            assert_never(command)


def register_applicant(command: RegisterApplicant, state: Application) -> list[ApplicationEvent]:
    if isinstance(state, InProgress) and state.registration_id == command.registration_id:
        return []
    if not isinstance(state, NotStarted):
        raise AlreadyRegistered
    if ConsentPurpose.PERSONAL_DATA not in {consent.purpose for consent in command.consents}:
        raise PersonalDataConsentMissing
    started = ApplicationStarted(
        registration_id=command.registration_id,
        project=command.project,
        channel=command.channel,
        locale=command.locale,
        country=command.country,
        document_type=command.document_type,
        started_at=command.now,
        personal=command.person,
    )
    consents = [
        ConsentGiven(
            purpose=consent.purpose,
            text_version=consent.text_version,
            text_sha256=consent.text_sha256,
            channel=command.channel,
            given_at=command.now,
        )
        for consent in command.consents
    ]
    return [started, *consents, link_issued(command.link, command.now)]


def repeat_registration(command: RepeatRegistration, state: Application) -> list[ApplicationEvent]:
    application = require_in_progress(state)
    if command.registration_id == application.registration_id:
        return []
    last = application.repeated_at
    if last is not None and command.now - last < MIN_PAUSE_BETWEEN_REPEATS:
        return []
    repeated = RegistrationRepeated(channel=command.channel, repeated_at=command.now)
    link = application.latest_link
    if application.verified or (link is not None and command.now < link.expires_at):
        return [repeated]
    return [repeated, link_issued(command.link, command.now)]


def declare_employment(command: DeclareEmployment, state: Application) -> list[ApplicationEvent]:
    """Never quiet: earlier declarations are sealed, and no decision depends on sealed data."""
    require_verified(state)
    declared = EmploymentDeclared(
        payer_id=command.payer_id,
        contract_type=command.contract_type,
        currency=command.currency,
        declared_at=command.now,
        personal=command.employment,
    )
    return [declared]


def record_documents_provided(
    command: RecordDocumentsProvided, state: Application
) -> list[ApplicationEvent]:
    """Facts of another service are never refused; later changes of the dossier do not undo it."""
    if not isinstance(state, InProgress) or Step.DOCUMENTS in state.done:
        return []
    return [DocumentsProvided(provided_at=command.provided_at)]


def complete_application(
    command: CompleteApplication, state: Application
) -> list[ApplicationEvent]:
    application = require_verified(state)
    if Step.COMPLETION in application.done:
        return []
    if missing := tuple(step for step in application.missing if step is not Step.COMPLETION):
        raise StepsMissing(missing)
    return [ApplicationCompleted(completed_at=command.now)]


def erase_applicant(command: EraseApplicant, state: Application) -> list[ApplicationEvent]:
    if isinstance(state, NotStarted | ErasedApplication):
        return []
    return [ApplicantErased(erased_at=command.now)]


def require_verified(state: Application) -> InProgress:
    application = require_in_progress(state)
    if not application.verified:
        raise EmailNotVerified
    return application


def _decide_for_activated(
    command: AccountCommand | IdentityCommand, application: InProgress
) -> list[ApplicationEvent]:
    if isinstance(command, IdentityCommand):
        return [*decide_on_identity(command, application.corrections)]
    return decide_on_account(command, application.account)


APPLICATION: Decider[ApplicationCommand, Application, ApplicationEvent] = Decider(
    decide_on_application, evolve_application, NotStarted()
)

"""The commands on an application, the refusals, and what each command leads to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from vinculo.eventstore.decider import Decider
from vinculo.onboarding.domain.application import (
    ActivationLink,
    ActivationLinkIssued,
    ApplicantErased,
    Application,
    ApplicationCompleted,
    ApplicationEvent,
    ApplicationStarted,
    Channel,
    ConsentGiven,
    ConsentPurpose,
    ContractType,
    DocumentsProvided,
    EmailVerified,
    EmploymentDeclared,
    EmploymentDetails,
    Gone,
    InProgress,
    Locale,
    NotStarted,
    PersonDetails,
    RegistrationRepeated,
    Step,
    evolve,
)

REPEATS_AT_MOST_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    purpose: ConsentPurpose
    text_version: str
    text_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterApplicant:
    registration_id: UUID
    project: str
    channel: Channel
    locale: Locale
    country: str
    document_type: str
    person: PersonDetails
    consents: tuple[Consent, ...]
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRegistration:
    """`link` is issued when the owner has not activated the account and the latest link expired."""

    channel: Channel
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueActivationLink:
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEmail:
    link_id: UUID
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


ApplicationCommand: TypeAlias = (
    RegisterApplicant
    | RepeatRegistration
    | IssueActivationLink
    | VerifyEmail
    | DeclareEmployment
    | RecordDocumentsProvided
    | CompleteApplication
    | EraseApplicant
)


class ApplicationRefused(Exception):
    """The application's rules do not allow the command in its present state."""


class NoSuchApplication(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("nobody is registered here")


class AlreadyRegistered(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("this person is registered already")


class PersonalDataConsentMissing(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("nobody is registered without consent to keep personal data")


class EmailVerifiedAlready(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("the account is active and needs no link")


class LinkSuperseded(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("only the latest activation link may be used")


class LinkExpired(ApplicationRefused):
    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"the activation link expired at {expired_at.isoformat()}")


class LinkUsed(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("an activation link works once")


class EmailNotVerified(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("the e-mail address has to be verified first")


class StepsMissing(ApplicationRefused):
    def __init__(self, missing: tuple[Step, ...]) -> None:
        super().__init__(f"still missing: {', '.join(missing)}")
        self.missing = missing


def decide(command: ApplicationCommand, state: Application) -> list[ApplicationEvent]:
    match command:
        case RegisterApplicant():
            return register(command, state)
        case RepeatRegistration():
            return repeat_registration(command, state)
        case IssueActivationLink():
            return issue_activation_link(command, state)
        case VerifyEmail():
            return verify_email(command, state)
        case DeclareEmployment():
            return declare_employment(command, state)
        case RecordDocumentsProvided():
            return record_documents_provided(command, state)
        case CompleteApplication():
            return complete(command, state)
        case EraseApplicant():
            return erase(command, state)
        case _:
            assert_never(command)


def register(command: RegisterApplicant, state: Application) -> list[ApplicationEvent]:
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
    return [started, *consents, _issued(command.link, command.now)]


def repeat_registration(command: RepeatRegistration, state: Application) -> list[ApplicationEvent]:
    application = require_in_progress(state)
    last = application.repeated_at
    if last is not None and command.now - last < REPEATS_AT_MOST_EVERY:
        return []
    repeated = RegistrationRepeated(channel=command.channel, repeated_at=command.now)
    link = application.latest_link
    if application.verified or (link is not None and command.now < link.expires_at):
        return [repeated]
    return [repeated, _issued(command.link, command.now)]


def issue_activation_link(
    command: IssueActivationLink, state: Application
) -> list[ApplicationEvent]:
    application = require_in_progress(state)
    if application.verified:
        raise EmailVerifiedAlready
    if application.latest_link == command.link:
        return []
    return [_issued(command.link, command.now)]


def verify_email(command: VerifyEmail, state: Application) -> list[ApplicationEvent]:
    """Never quiet: of two that use one link at once, one activates and the other is refused."""
    application = require_in_progress(state)
    if application.verified:
        raise LinkUsed
    link = application.latest_link
    if link is None or link.link_id != command.link_id:
        raise LinkSuperseded
    if command.now >= link.expires_at:
        raise LinkExpired(link.expires_at)
    return [EmailVerified(link_id=command.link_id, verified_at=command.now)]


def declare_employment(command: DeclareEmployment, state: Application) -> list[ApplicationEvent]:
    """Never quiet: what was declared before is sealed, and nothing is decided by opening it."""
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
    """A fact from another service is never refused; it is once true and stays so."""
    if not isinstance(state, InProgress) or Step.DOCUMENTS in state.done:
        return []
    return [DocumentsProvided(provided_at=command.provided_at)]


def complete(command: CompleteApplication, state: Application) -> list[ApplicationEvent]:
    application = require_verified(state)
    if Step.COMPLETION in application.done:
        return []
    if missing := tuple(step for step in application.missing if step is not Step.COMPLETION):
        raise StepsMissing(missing)
    return [ApplicationCompleted(completed_at=command.now)]


def erase(command: EraseApplicant, state: Application) -> list[ApplicationEvent]:
    if isinstance(state, NotStarted | Gone):
        return []
    return [ApplicantErased(erased_at=command.now)]


def require_in_progress(state: Application) -> InProgress:
    if not isinstance(state, InProgress):
        raise NoSuchApplication
    return state


def require_verified(state: Application) -> InProgress:
    application = require_in_progress(state)
    if not application.verified:
        raise EmailNotVerified
    return application


def _issued(link: ActivationLink, now: datetime) -> ActivationLinkIssued:
    return ActivationLinkIssued(link_id=link.link_id, issued_at=now, expires_at=link.expires_at)


APPLICATION: Decider[ApplicationCommand, Application, ApplicationEvent] = Decider(
    decide, evolve, NotStarted()
)

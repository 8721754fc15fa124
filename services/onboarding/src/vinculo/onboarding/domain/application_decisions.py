"""What each command on an application leads to, by which rules."""

from datetime import datetime, timedelta
from typing import Final, assert_never

from vinculo.events.decider import Decider
from vinculo.onboarding.domain.account_commands import AccountCommand
from vinculo.onboarding.domain.account_decisions import decide_on_account
from vinculo.onboarding.domain.activation_decisions import (
    ActivationCommand,
    decide_before_activation,
)
from vinculo.onboarding.domain.application import (
    ActivationLink,
    Application,
    Gone,
    InProgress,
    NotStarted,
    Step,
    evolve,
)
from vinculo.onboarding.domain.application_commands import (
    ApplicationCommand,
    CompleteApplication,
    DeclareEmployment,
    EraseApplicant,
    IssueActivationLink,
    RecordDocumentsProvided,
    RegisterApplicant,
    RepeatRegistration,
    StepCommand,
    VerifyEmail,
)
from vinculo.onboarding.domain.application_events import ApplicationEvent
from vinculo.onboarding.domain.application_refusals import (
    AlreadyRegistered,
    EmailNotVerified,
    EmailVerifiedAlready,
    LinkExpired,
    LinkSuperseded,
    LinkUsed,
    NoSuchApplication,
    PersonalDataConsentMissing,
    StepsMissing,
)
from vinculo.onboarding.domain.identity_corrections import IdentityCommand, decide_on_identity
from vinculo.onboarding.domain.step_events import (
    ActivationLinkIssued,
    ApplicantErased,
    ApplicationCompleted,
    ApplicationStarted,
    ConsentGiven,
    ConsentPurpose,
    DocumentsProvided,
    EmailVerified,
    EmploymentDeclared,
    RegistrationRepeated,
)

REPEATS_AT_MOST_EVERY: Final = timedelta(hours=1)


def decide(command: ApplicationCommand, state: Application) -> list[ApplicationEvent]:
    if isinstance(command, AccountCommand | IdentityCommand):
        return _of_active(command, require_verified(state))
    if isinstance(command, ActivationCommand):
        return decide_before_activation(command, state)
    return decide_on_step(command, state)


def decide_on_step(command: StepCommand, state: Application) -> list[ApplicationEvent]:
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
    if command.registration_id == application.registration_id:
        return []
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


def _of_active(
    command: AccountCommand | IdentityCommand, application: InProgress
) -> list[ApplicationEvent]:
    if isinstance(command, IdentityCommand):
        return [*decide_on_identity(command, application.corrections)]
    return decide_on_account(command, application.account)


def _issued(link: ActivationLink, now: datetime) -> ActivationLinkIssued:
    return ActivationLinkIssued(link_id=link.link_id, issued_at=now, expires_at=link.expires_at)


APPLICATION: Decider[ApplicationCommand, Application, ApplicationEvent] = Decider(
    decide, evolve, NotStarted()
)

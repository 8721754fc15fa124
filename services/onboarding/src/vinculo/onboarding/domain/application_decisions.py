"""Commands on an application, their refusals and what each leads to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from vinculo.events.decider import Decider
from vinculo.onboarding.domain.account import Channel, ConsentPurpose
from vinculo.onboarding.domain.account_decisions import AccountCommand, decide_on_account
from vinculo.onboarding.domain.activation_decisions import (
    ActivationCommand,
    ApplicationRefused,
    decide_on_activation,
    link_issued,
    require_in_progress,
)
from vinculo.onboarding.domain.application import (
    ApplicantErased,
    Application,
    ApplicationCompleted,
    ApplicationEvent,
    DocumentDisputed,
    DocumentsProvided,
    DocumentsReopened,
    EmploymentDeclared,
    ErasedApplication,
    InProgress,
    NotStarted,
    RegistrationRepeated,
    ReservationReceived,
    Step,
    evolve_application,
)
from vinculo.onboarding.domain.employment import ContractType, EmploymentDetails
from vinculo.onboarding.domain.identity_correction import IdentityCommand, decide_on_identity
from vinculo.onboarding.domain.submission import (
    ActivationLink,
    ApplicationStarted,
    Consent,
    PersonDetails,
    SubmissionReceived,
)

MIN_PAUSE_BETWEEN_REPEATS: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedClaim:
    """The claim by which the applicant has a document that another person held."""

    claim_id: UUID
    holder: UUID


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
    claim: GrantedClaim | None = None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRegistration:
    """The document is registered again: another submission, also when the account is active.

    `differs` is whether it names another e-mail address or birth date than those of an active
    account. With the id of a submission that was received it is the same request again, and quiet.
    """

    submission_id: UUID
    project: str
    channel: Channel
    locale: str
    country: str
    document_type: str
    person: PersonDetails
    consents: tuple[Consent, ...]
    link: ActivationLink
    differs: bool = False
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
class RecordDocumentsReopened:
    reopened_at: datetime


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
    | RecordDocumentsReopened
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
        case RecordDocumentsReopened():
            return record_documents_reopened(command, state)
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
    _require_personal_data_consent(command.consents)
    started = ApplicationStarted(
        registration_id=command.registration_id,
        project=command.project,
        channel=command.channel,
        locale=command.locale,
        country=command.country,
        document_type=command.document_type,
        started_at=command.now,
        consents=command.consents,
        personal=command.person,
    )
    issued = link_issued(command.registration_id, command.link, command.now)
    if command.claim is None:
        return [started, issued]
    received = ReservationReceived(
        claim_id=command.claim.claim_id,
        from_person_id=command.claim.holder,
        received_at=command.now,
    )
    return [started, received, issued]


def repeat_registration(command: RepeatRegistration, state: Application) -> list[ApplicationEvent]:
    """The owner of an active account is warned once an hour, and disputed until dismissed."""
    application = require_in_progress(state)
    known = {*application.submissions, application.registration_id, application.activated_by}
    if command.submission_id in known:
        return []
    _require_personal_data_consent(command.consents)
    events: list[ApplicationEvent] = [
        SubmissionReceived(
            submission_id=command.submission_id,
            project=command.project,
            channel=command.channel,
            locale=command.locale,
            country=command.country,
            document_type=command.document_type,
            consents=command.consents,
            received_at=command.now,
            personal=command.person,
        ),
        link_issued(command.submission_id, command.link, command.now),
    ]
    if not application.verified:
        return events
    last = application.repeated_at
    if last is None or command.now - last >= MIN_PAUSE_BETWEEN_REPEATS:
        events.append(RegistrationRepeated(channel=command.channel, repeated_at=command.now))
    if command.differs and not application.disputed:
        events.append(DocumentDisputed(disputed_at=command.now))
    return events


def _require_personal_data_consent(consents: tuple[Consent, ...]) -> None:
    if ConsentPurpose.PERSONAL_DATA not in {consent.purpose for consent in consents}:
        raise PersonalDataConsentMissing


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
    """Facts of another service are never refused."""
    if not isinstance(state, InProgress) or Step.DOCUMENTS in state.done:
        return []
    return [DocumentsProvided(provided_at=command.provided_at)]


def record_documents_reopened(
    command: RecordDocumentsReopened, state: Application
) -> list[ApplicationEvent]:
    """Also after the completion, which stays."""
    if not isinstance(state, InProgress) or Step.DOCUMENTS not in state.done:
        return []
    return [DocumentsReopened(reopened_at=command.reopened_at)]


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

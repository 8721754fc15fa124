"""Commands until an account is active, and on the submissions and disputes that come after it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias, assert_never
from uuid import UUID

from vinculo.onboarding.domain.account import Contact
from vinculo.onboarding.domain.application import (
    Abandoned,
    Application,
    ApplicationAbandoned,
    ApplicationEvent,
    ApplicationLapsed,
    DocumentDisputeDismissed,
    InProgress,
    Moved,
    ReservationMoved,
    ReservationTakenOver,
    TakenOver,
)
from vinculo.onboarding.domain.submission import (
    ActivationLink,
    ActivationLinkIssued,
    Consent,
    EmailCorrected,
    EmailVerifiedV2,
    PersonDetails,
    Submission,
    SubmissionDrop,
    SubmissionDropped,
)


class DisputeDismissal(StrEnum):
    """Why an operator dismisses a dispute about a document."""

    HOLDER_CONFIRMED = "holder_confirmed"
    MISTAKE = "mistake"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueActivationLink:
    submission_id: UUID
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateSubmission:
    """The link proved the mailbox of the submission, and `person` is what the submission contains.

    `consents` replaces those of the submission, if they were given again.
    """

    submission_id: UUID
    link_id: UUID
    person: PersonDetails
    consents: tuple[Consent, ...] | None = None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectEmail:
    """Replace a mistyped address. Earlier links were sent there; only the new `link` works."""

    submission_id: UUID
    email: Contact
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DropUndeliverableSubmission:
    """The mail with this link cannot be delivered."""

    link_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DropExpiredSubmission:
    """The account is active, and the submission's last link has expired, or its claim ended."""

    submission_id: UUID
    claim_ended: bool = False
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseApplication:
    """The registry stopped waiting for the activation."""

    lapsed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOverReservation:
    """Another person registers the document of this application."""

    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonApplication:
    """A lapsed application is closed for good, so that it can be erased."""

    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveReservation:
    """A claim to the document of this active account was granted."""

    claim_id: UUID
    person_id: UUID
    claimant_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissDispute:
    reason_code: DisputeDismissal
    dismissed_by: UUID
    now: datetime


ActivationCommand: TypeAlias = (
    IssueActivationLink
    | ActivateSubmission
    | CorrectEmail
    | DropUndeliverableSubmission
    | DropExpiredSubmission
    | LapseApplication
    | TakeOverReservation
    | AbandonApplication
    | MoveReservation
    | DismissDispute
)


class ApplicationRefused(Exception):
    """The application's rules do not allow the command in its present state."""


class NoSuchApplication(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("there is no such application")


class EmailVerifiedAlready(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("the account is already active")


class NoSuchSubmission(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("there is no such submission, or it has ended")


class LinkSuperseded(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("only the latest activation link may be used")


class LinkExpired(ApplicationRefused):
    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"the activation link expired at {expired_at.isoformat()}")


class LinkUsed(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("an activation link works once")


class DocumentActivatedByAnother(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("the document was activated by another submission")


class NotLapsed(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("only a lapsed application may be taken over or closed")


class NotDisputed(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("there is no dispute about this document")


def decide_on_activation(  # noqa: C901 - one case per command
    command: ActivationCommand, state: Application
) -> list[ApplicationEvent]:
    match command:
        case IssueActivationLink():
            return issue_activation_link(command, state)
        case ActivateSubmission():
            return activate_submission(command, state)
        case CorrectEmail():
            return correct_email(command, state)
        case DropUndeliverableSubmission():
            return drop_undeliverable_submission(command, state)
        case DropExpiredSubmission():
            return drop_expired_submission(command, state)
        case LapseApplication():
            return lapse_application(command, state)
        case TakeOverReservation():
            return take_over_reservation(command, state)
        case AbandonApplication():
            return abandon_application(command, state)
        case MoveReservation():
            return move_reservation(command, state)
        case DismissDispute():
            return dismiss_dispute(command, state)
        case _:
            assert_never(command)


def issue_activation_link(
    command: IssueActivationLink, state: Application
) -> list[ApplicationEvent]:
    submission = _require_waiting(state, command.submission_id)
    if submission.latest_link == command.link:
        return []
    return [link_issued(command.submission_id, command.link, command.now)]


def activate_submission(command: ActivateSubmission, state: Application) -> list[ApplicationEvent]:
    """Never quiet: if a link is used twice at once, the second use is refused."""
    application = require_in_progress(state)
    require_usable_link(application, command.link_id, command.now)
    submission = application.submissions.get(command.submission_id)
    if submission is None:
        raise NoSuchSubmission
    return [
        EmailVerifiedV2(
            submission_id=submission.submission_id,
            link_id=command.link_id,
            project=submission.project,
            channel=submission.channel,
            locale=submission.locale,
            country=submission.country,
            document_type=submission.document_type,
            consents=submission.consents if command.consents is None else command.consents,
            verified_at=command.now,
            personal=command.person,
        )
    ]


def require_usable_link(state: Application, link_id: UUID, now: datetime) -> Submission:
    """The submission whose newest link it is.

    Raises:
        NoSuchApplication: the application has ended.
        LinkUsed, LinkSuperseded, LinkExpired: the link cannot be used any more.
        DocumentActivatedByAnother: the link is valid, but another submission was activated.

    """
    application = require_in_progress(state)
    if link_id == application.activation_link:
        raise LinkUsed
    submission = application.submission_of_link(link_id)
    if submission is None or submission.latest_link is None:
        raise LinkSuperseded
    if now >= submission.latest_link.expires_at:
        raise LinkExpired(submission.latest_link.expires_at)
    if application.verified:
        raise DocumentActivatedByAnother
    return submission


def correct_email(command: CorrectEmail, state: Application) -> list[ApplicationEvent]:
    submission = _require_waiting(state, command.submission_id)
    if submission.latest_link == command.link:
        return []
    return [
        EmailCorrected(
            submission_id=command.submission_id, corrected_at=command.now, personal=command.email
        ),
        link_issued(command.submission_id, command.link, command.now),
    ]


def drop_expired_submission(
    command: DropExpiredSubmission, state: Application
) -> list[ApplicationEvent]:
    """Quiet before activation: until the application lapses, a new link may be requested."""
    if not isinstance(state, Moved) and not (isinstance(state, InProgress) and state.verified):
        return []
    submission = state.submissions.get(command.submission_id)
    if submission is None:
        return []
    if submission.has_open_link(command.now) and not command.claim_ended:
        return []
    late = submission.received_after_activation
    cause = SubmissionDrop.EXPIRED if late else SubmissionDrop.NOT_ACTIVATED
    return [
        SubmissionDropped(submission_id=command.submission_id, cause=cause, dropped_at=command.now)
    ]


def drop_undeliverable_submission(
    command: DropUndeliverableSubmission, state: Application
) -> list[ApplicationEvent]:
    """Facts are never refused: quiet after activation, and when a later link was issued.

    The later one may go to a corrected address.
    """
    if not isinstance(state, InProgress) or state.verified:
        return []
    return [
        SubmissionDropped(
            submission_id=submission.submission_id,
            cause=SubmissionDrop.UNDELIVERABLE,
            dropped_at=command.now,
        )
        for submission in state.submissions.values()
        if submission.latest_link is not None and submission.latest_link.link_id == command.link_id
    ]


def lapse_application(command: LapseApplication, state: Application) -> list[ApplicationEvent]:
    """Facts of the registry are never refused; an account activated meanwhile stays active."""
    if not isinstance(state, InProgress) or state.verified or state.lapsed:
        return []
    return [ApplicationLapsed(lapsed_at=command.lapsed_at)]


def take_over_reservation(
    command: TakeOverReservation, state: Application
) -> list[ApplicationEvent]:
    """Never quiet for a lapsed application: of two takeovers at once, one gets a conflict."""
    match state:
        case TakenOver() | Abandoned():
            return []
        case InProgress(lapsed=True):
            return [ReservationTakenOver(taken_over_at=command.now)]
        case InProgress():
            raise NotLapsed
        case _:
            raise NoSuchApplication


def abandon_application(command: AbandonApplication, state: Application) -> list[ApplicationEvent]:
    """Refused while a link could still activate the application."""
    match state:
        case TakenOver() | Abandoned():
            return []
        case InProgress(lapsed=True):
            if any(each.has_open_link(command.now) for each in state.submissions.values()):
                raise NotLapsed
            return [ApplicationAbandoned(abandoned_at=command.now)]
        case InProgress():
            raise NotLapsed
        case _:
            raise NoSuchApplication


def move_reservation(command: MoveReservation, state: Application) -> list[ApplicationEvent]:
    """Never quiet: of two claims granted at once, one is refused."""
    if not require_in_progress(state).verified:
        raise NoSuchApplication
    return [
        ReservationMoved(
            claim_id=command.claim_id,
            from_person_id=command.person_id,
            to_person_id=command.claimant_id,
            moved_at=command.now,
        )
    ]


def dismiss_dispute(command: DismissDispute, state: Application) -> list[ApplicationEvent]:
    if not require_in_progress(state).disputed:
        raise NotDisputed
    return [
        DocumentDisputeDismissed(
            reason_code=command.reason_code,
            dismissed_by=command.dismissed_by,
            dismissed_at=command.now,
        )
    ]


def require_in_progress(state: Application) -> InProgress:
    if not isinstance(state, InProgress):
        raise NoSuchApplication
    return state


def link_issued(submission_id: UUID, link: ActivationLink, now: datetime) -> ActivationLinkIssued:
    return ActivationLinkIssued(
        link_id=link.link_id,
        submission_id=submission_id,
        issued_at=now,
        expires_at=link.expires_at,
    )


def _require_waiting(state: Application, submission_id: UUID) -> Submission:
    application = require_in_progress(state)
    if application.verified:
        raise EmailVerifiedAlready
    submission = application.submissions.get(submission_id)
    if submission is None:
        raise NoSuchSubmission
    return submission

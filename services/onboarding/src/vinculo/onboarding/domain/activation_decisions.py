"""Commands until an account is active: links, a corrected address, lapse and takeover."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from vinculo.onboarding.domain.account import Contact
from vinculo.onboarding.domain.application import (
    ActivationLink,
    Application,
    ApplicationEvent,
    ApplicationLapsed,
    InProgress,
    ReservationTakenOver,
    TakenOver,
)
from vinculo.onboarding.domain.submission import ActivationLinkIssued, EmailCorrected, EmailVerified


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueActivationLink:
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEmail:
    link_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectEmail:
    """Replace a mistyped address. Earlier links were sent there; only the new `link` works."""

    email: Contact
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseApplication:
    """The registry stopped waiting for the activation."""

    lapsed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOverReservation:
    """Another person registers the document of this application."""

    now: datetime


ActivationCommand: TypeAlias = (
    IssueActivationLink | VerifyEmail | CorrectEmail | LapseApplication | TakeOverReservation
)


class ApplicationRefused(Exception):
    """The application's rules do not allow the command in its present state."""


class NoSuchApplication(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("there is no such application")


class EmailVerifiedAlready(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("the account is already active")


class LinkSuperseded(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("only the latest activation link may be used")


class LinkExpired(ApplicationRefused):
    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"the activation link expired at {expired_at.isoformat()}")


class LinkUsed(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("an activation link works once")


class NotLapsed(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("only the document of a lapsed application may be taken over")


def decide_on_activation(command: ActivationCommand, state: Application) -> list[ApplicationEvent]:
    match command:
        case IssueActivationLink():
            return issue_activation_link(command, state)
        case VerifyEmail():
            return verify_email(command, state)
        case CorrectEmail():
            return correct_email(command, state)
        case LapseApplication():
            return lapse_application(command, state)
        case TakeOverReservation():
            return take_over_reservation(command, state)
        case _:
            assert_never(command)


def issue_activation_link(
    command: IssueActivationLink, state: Application
) -> list[ApplicationEvent]:
    application = require_in_progress(state)
    if application.verified:
        raise EmailVerifiedAlready
    if application.latest_link == command.link:
        return []
    return [link_issued(command.link, command.now)]


def verify_email(command: VerifyEmail, state: Application) -> list[ApplicationEvent]:
    """Never quiet: if a link is used twice at once, the second use is refused."""
    application = require_in_progress(state)
    if application.verified:
        raise LinkUsed
    link = application.latest_link
    if link is None or link.link_id != command.link_id:
        raise LinkSuperseded
    if command.now >= link.expires_at:
        raise LinkExpired(link.expires_at)
    return [EmailVerified(link_id=command.link_id, verified_at=command.now)]


def correct_email(command: CorrectEmail, state: Application) -> list[ApplicationEvent]:
    application = require_in_progress(state)
    if application.verified:
        raise EmailVerifiedAlready
    if application.latest_link == command.link:
        return []
    return [
        EmailCorrected(corrected_at=command.now, personal=command.email),
        link_issued(command.link, command.now),
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
        case TakenOver():
            return []
        case InProgress(lapsed=True):
            return [ReservationTakenOver(taken_over_at=command.now)]
        case InProgress():
            raise NotLapsed
        case _:
            raise NoSuchApplication


def require_in_progress(state: Application) -> InProgress:
    if not isinstance(state, InProgress):
        raise NoSuchApplication
    return state


def link_issued(link: ActivationLink, now: datetime) -> ActivationLinkIssued:
    return ActivationLinkIssued(link_id=link.link_id, issued_at=now, expires_at=link.expires_at)

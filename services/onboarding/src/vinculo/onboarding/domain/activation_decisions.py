"""Until an account is active: its address corrected, its application lapsed, its document taken."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never

from vinculo.onboarding.domain.account_events import Contact, EmailCorrected
from vinculo.onboarding.domain.application import (
    ActivationLink,
    Application,
    InProgress,
    TakenOver,
)
from vinculo.onboarding.domain.application_events import ApplicationEvent
from vinculo.onboarding.domain.application_refusals import (
    EmailVerifiedAlready,
    NoSuchApplication,
    NotLapsed,
)
from vinculo.onboarding.domain.step_events import (
    ActivationLinkIssued,
    ApplicationLapsed,
    ReservationTakenOver,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectEmail:
    """The address was mistyped. Earlier links went there, so only the new `link` works."""

    email: Contact
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseApplication:
    """The registry has waited long enough for the activation."""

    lapsed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOverReservation:
    """Somebody registers the document of this application anew."""

    now: datetime


ActivationCommand: TypeAlias = CorrectEmail | LapseApplication | TakeOverReservation


def decide_before_activation(
    command: ActivationCommand, state: Application
) -> list[ApplicationEvent]:
    match command:
        case CorrectEmail():
            return correct_email(command, state)
        case LapseApplication():
            return lapse(command, state)
        case TakeOverReservation():
            return take_over_reservation(command, state)
        case _:
            assert_never(command)


def correct_email(command: CorrectEmail, state: Application) -> list[ApplicationEvent]:
    if not isinstance(state, InProgress):
        raise NoSuchApplication
    if state.verified:
        raise EmailVerifiedAlready
    if state.latest_link == command.link:
        return []
    return [
        EmailCorrected(corrected_at=command.now, personal=command.email),
        ActivationLinkIssued(
            link_id=command.link.link_id,
            issued_at=command.now,
            expires_at=command.link.expires_at,
        ),
    ]


def lapse(command: LapseApplication, state: Application) -> list[ApplicationEvent]:
    """A fact of the registry is never refused; who activated meanwhile is activated there too."""
    if not isinstance(state, InProgress) or state.verified or state.lapsed:
        return []
    return [ApplicationLapsed(lapsed_at=command.lapsed_at)]


def take_over_reservation(
    command: TakeOverReservation, state: Application
) -> list[ApplicationEvent]:
    """Never quiet for one that lapsed: of two that take it over, one appends and one conflicts."""
    match state:
        case TakenOver():
            return []
        case InProgress(lapsed=True):
            return [ReservationTakenOver(taken_over_at=command.now)]
        case InProgress():
            raise NotLapsed
        case _:
            raise NoSuchApplication

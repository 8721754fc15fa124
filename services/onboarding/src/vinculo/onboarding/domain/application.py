"""One person's application: as much of what happened as decisions need."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from vinculo.onboarding.domain.account_matters import AccountMatters, evolve_account
from vinculo.onboarding.domain.application_events import ApplicationEvent
from vinculo.onboarding.domain.identity_corrections import Corrections, evolve_corrections
from vinculo.onboarding.domain.step_events import (
    ActivationLinkIssued,
    ApplicantErased,
    ApplicationCompleted,
    ApplicationLapsed,
    ApplicationStarted,
    DocumentsProvided,
    EmailVerified,
    EmploymentDeclared,
    RegistrationRepeated,
    ReservationTakenOver,
)


class Step(StrEnum):
    """The five steps in their order."""

    PERSONAL_DATA = "personal_data"
    EMAIL = "email"
    EMPLOYMENT = "employment"
    DOCUMENTS = "documents"
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationLink:
    link_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStarted:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class InProgress:
    """`latest_link` is the only link that may still be used; `verified` says that one was.

    A `lapsed` one goes on when its link is used, unless its document is taken over before.
    """

    registration_id: UUID
    latest_link: ActivationLink | None = None
    repeated_at: datetime | None = None
    done: frozenset[Step] = frozenset({Step.PERSONAL_DATA})
    account: AccountMatters = field(default_factory=AccountMatters)
    corrections: Corrections = field(default_factory=Corrections)
    lapsed: bool = False

    @property
    def verified(self) -> bool:
        return Step.EMAIL in self.done

    @property
    def missing(self) -> tuple[Step, ...]:
        return tuple(step for step in Step if step not in self.done)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """Somebody else holds the document now. All that can still happen is the erasure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The applicant was erased. Nothing happens to the application any more."""


Application: TypeAlias = NotStarted | InProgress | TakenOver | Gone


def evolve(state: Application, event: ApplicationEvent) -> Application:
    match state, event:
        case NotStarted(), ApplicationStarted(registration_id=registration_id):
            return InProgress(registration_id=registration_id)
        case InProgress(), ActivationLinkIssued(link_id=link_id, expires_at=expires_at):
            link = ActivationLink(link_id=link_id, expires_at=expires_at)
            return replace(state, latest_link=link)
        case InProgress(), RegistrationRepeated(repeated_at=repeated_at):
            return replace(state, repeated_at=repeated_at)
        case InProgress(), EmailVerified() | ApplicationLapsed() | ReservationTakenOver():
            return _decided_activation(state, event)
        case InProgress(), EmploymentDeclared():
            return _with(state, Step.EMPLOYMENT)
        case InProgress(), DocumentsProvided():
            return _with(state, Step.DOCUMENTS)
        case InProgress(), ApplicationCompleted():
            return _with(state, Step.COMPLETION)
        case ((InProgress() | TakenOver()), ApplicantErased()):
            return Gone()
        case InProgress(), _:
            return replace(
                state,
                account=evolve_account(state.account, event),
                corrections=evolve_corrections(state.corrections, event),
            )
        case _:
            return state


def _decided_activation(
    state: InProgress, event: EmailVerified | ApplicationLapsed | ReservationTakenOver
) -> Application:
    match event:
        case EmailVerified():
            return replace(_with(state, Step.EMAIL), lapsed=False)
        case ApplicationLapsed():
            return replace(state, lapsed=True)
        case ReservationTakenOver():
            return TakenOver()


def _with(state: InProgress, step: Step) -> InProgress:
    return replace(state, done=state.done | {step})

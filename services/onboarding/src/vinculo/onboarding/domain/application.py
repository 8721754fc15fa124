"""Events and decision state of one person's application, from registration to erasure.

Personal data is in the field `personal` of an event. It stays sealed when a stream is read, so the
same decisions result after the person's key is destroyed. Stored names and fields must never
change.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from vinculo.events.personal import Erased, Sealed
from vinculo.onboarding.domain.account import (
    AccountEvent,
    AccountState,
    Channel,
    evolve_account,
)
from vinculo.onboarding.domain.employment import ContractType, EmploymentDetails
from vinculo.onboarding.domain.identity_correction import (
    Corrections,
    IdentityCorrectionEvent,
    evolve_corrections,
)
from vinculo.onboarding.domain.submission import (
    ActivationLinkIssued,
    ApplicationStarted,
    EmailVerified,
    EmailVerifiedV2,
    SubmissionEvent,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRepeated:
    channel: Channel
    repeated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationLapsed:
    lapsed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationTakenOver:
    taken_over_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAbandoned:
    abandoned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDisputed:
    disputed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDisputeDismissed:
    reason_code: str
    dismissed_by: UUID
    dismissed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmploymentDeclared:
    payer_id: UUID
    contract_type: ContractType
    currency: str
    declared_at: datetime
    personal: EmploymentDetails | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsProvided:
    provided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCompleted:
    completed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantErased:
    erased_at: datetime


StepEvent: TypeAlias = (
    SubmissionEvent
    | RegistrationRepeated
    | ApplicationLapsed
    | ApplicationAbandoned
    | ReservationTakenOver
    | DocumentDisputed
    | DocumentDisputeDismissed
    | EmploymentDeclared
    | DocumentsProvided
    | ApplicationCompleted
    | ApplicantErased
)
ApplicationEvent: TypeAlias = StepEvent | AccountEvent | IdentityCorrectionEvent


class Step(StrEnum):
    """The five steps, in their order."""

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
    """`latest_link` is the only link that may still be used.

    A lapsed application is revived by its link, until another person registers its document.
    """

    registration_id: UUID
    latest_link: ActivationLink | None = None
    repeated_at: datetime | None = None
    done: frozenset[Step] = frozenset({Step.PERSONAL_DATA})
    account: AccountState = field(default_factory=AccountState)
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
    """Another person has registered the document; only the erasure can still follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedApplication:
    """The end of the stream."""


Application: TypeAlias = NotStarted | InProgress | TakenOver | ErasedApplication


def evolve_application(state: Application, event: ApplicationEvent) -> Application:
    match state, event:
        case NotStarted(), ApplicationStarted(registration_id=registration_id):
            return InProgress(registration_id=registration_id)
        case InProgress(), ActivationLinkIssued(link_id=link_id, expires_at=expires_at):
            link = ActivationLink(link_id=link_id, expires_at=expires_at)
            return replace(state, latest_link=link)
        case InProgress(), RegistrationRepeated(repeated_at=repeated_at):
            return replace(state, repeated_at=repeated_at)
        case (
            InProgress(),
            EmailVerified() | EmailVerifiedV2() | ApplicationLapsed() | ReservationTakenOver(),
        ):
            return _evolve_activation(state, event)
        case InProgress(), EmploymentDeclared():
            return _with_step_done(state, Step.EMPLOYMENT)
        case InProgress(), DocumentsProvided():
            return _with_step_done(state, Step.DOCUMENTS)
        case InProgress(), ApplicationCompleted():
            return _with_step_done(state, Step.COMPLETION)
        case ((InProgress() | TakenOver()), ApplicantErased()):
            return ErasedApplication()
        case InProgress(), _:
            return replace(
                state,
                account=evolve_account(state.account, event),
                corrections=evolve_corrections(state.corrections, event),
            )
        case _:
            return state


def _evolve_activation(
    state: InProgress,
    event: EmailVerified | EmailVerifiedV2 | ApplicationLapsed | ReservationTakenOver,
) -> Application:
    match event:
        case EmailVerified() | EmailVerifiedV2():
            return replace(_with_step_done(state, Step.EMAIL), lapsed=False)
        case ApplicationLapsed():
            return replace(state, lapsed=True)
        case ReservationTakenOver():
            return TakenOver()


def _with_step_done(state: InProgress, step: Step) -> InProgress:
    return replace(state, done=state.done | {step})

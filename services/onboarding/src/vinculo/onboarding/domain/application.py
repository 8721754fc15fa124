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
    ConsentGiven,
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
    Submission,
    SubmissionDropped,
    SubmissionEvent,
    SubmissionReceived,
    Submissions,
    submission_of,
    with_consent,
    with_link,
    without,
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
class ReservationMoved:
    """A claim was granted: the document is another person's."""

    claim_id: UUID
    from_person_id: UUID
    to_person_id: UUID
    moved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationReceived:
    """A claim was granted: the application has the document that another person held."""

    claim_id: UUID
    from_person_id: UUID
    received_at: datetime


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
class DocumentsReopened:
    """After a rejection or a further demand, step 4 needs the person again."""

    reopened_at: datetime


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
    | ReservationMoved
    | ReservationReceived
    | DocumentDisputed
    | DocumentDisputeDismissed
    | EmploymentDeclared
    | DocumentsProvided
    | DocumentsReopened
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
class NotStarted:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class InProgress:
    """`activated_by` is the submission that was activated, `activation_link` the link it was by.

    A lapsed application is revived by a link, until another person registers its document. A step
    of `reopened` was done before.
    """

    registration_id: UUID
    submissions: Submissions = field(default_factory=dict)
    activated_by: UUID | None = None
    activation_link: UUID | None = None
    repeated_at: datetime | None = None
    done: frozenset[Step] = frozenset({Step.PERSONAL_DATA})
    reopened: frozenset[Step] = frozenset()
    account: AccountState = field(default_factory=AccountState)
    corrections: Corrections = field(default_factory=Corrections)
    lapsed: bool = False
    disputed: bool = False

    @property
    def verified(self) -> bool:
        return Step.EMAIL in self.done

    @property
    def missing(self) -> tuple[Step, ...]:
        return tuple(step for step in Step if step not in self.done)

    def submission_of_link(self, link_id: UUID) -> Submission | None:
        """The open submission whose newest link it is."""
        for submission in self.submissions.values():
            if submission.latest_link is not None and submission.latest_link.link_id == link_id:
                return submission
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """Another person has registered the document; only the erasure can still follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The document was granted to a claimant; submissions can end, and the erasure can follow."""

    submissions: Submissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """The application lapsed and was closed; only the erasure can still follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedApplication:
    """The end of the stream."""


Application: TypeAlias = NotStarted | InProgress | TakenOver | Moved | Abandoned | ErasedApplication


def evolve_application(state: Application, event: ApplicationEvent) -> Application:
    match state, event:
        case NotStarted(), ApplicationStarted():
            first = submission_of(event)
            return InProgress(
                registration_id=first.submission_id, submissions={first.submission_id: first}
            )
        case ((InProgress() | TakenOver() | Moved() | Abandoned()), ApplicantErased()):
            return ErasedApplication()
        case InProgress(), ReservationTakenOver():
            return TakenOver()
        case InProgress(), ReservationMoved():
            return Moved(submissions=state.submissions)
        case Moved(), SubmissionDropped(submission_id=submission_id):
            return Moved(submissions=without(state.submissions, submission_id))
        case InProgress(), ApplicationAbandoned():
            return Abandoned()
        case InProgress(), _:
            return _evolve_in_progress(state, event)
        case _:
            return state


def _evolve_in_progress(state: InProgress, event: ApplicationEvent) -> InProgress:
    match event:
        case RegistrationRepeated(repeated_at=repeated_at):
            return replace(state, repeated_at=repeated_at)
        case ApplicationLapsed():
            return replace(state, lapsed=True)
        case DocumentDisputed() | DocumentDisputeDismissed():
            return replace(state, disputed=isinstance(event, DocumentDisputed))
        case EmploymentDeclared():
            return _with_step_done(state, Step.EMPLOYMENT)
        case DocumentsProvided():
            return _with_step_done(state, Step.DOCUMENTS)
        case DocumentsReopened():
            return _with_step_reopened(state, Step.DOCUMENTS)
        case ApplicationCompleted():
            return _with_step_done(state, Step.COMPLETION)
        case (
            SubmissionReceived()
            | SubmissionDropped()
            | ActivationLinkIssued()
            | EmailVerified()
            | EmailVerifiedV2()
        ):
            return _evolve_submissions(state, event)
        case _:
            return _evolve_account(state, event)


def _evolve_submissions(
    state: InProgress,
    event: SubmissionReceived
    | SubmissionDropped
    | ActivationLinkIssued
    | EmailVerified
    | EmailVerifiedV2,
) -> InProgress:
    match event:
        case SubmissionReceived(submission_id=submission_id):
            received = submission_of(event, after_activation=state.verified)
            return replace(state, submissions={**state.submissions, submission_id: received})
        case SubmissionDropped(submission_id=submission_id):
            return replace(state, submissions=without(state.submissions, submission_id))
        case ActivationLinkIssued():
            of = event.submission_id or state.registration_id
            return replace(state, submissions=with_link(state.submissions, of, event))
        case EmailVerified():
            return _activated(state, state.registration_id, event.link_id)
        case EmailVerifiedV2(submission_id=submission_id):
            consents = {consent.purpose: consent.text_version for consent in event.consents}
            activated = _activated(state, submission_id, event.link_id)
            return replace(activated, account=replace(state.account, consents=consents))


def _activated(state: InProgress, submission_id: UUID, link_id: UUID) -> InProgress:
    return replace(
        _with_step_done(state, Step.EMAIL),
        submissions=without(state.submissions, submission_id),
        activated_by=submission_id,
        activation_link=link_id,
        lapsed=False,
    )


def _evolve_account(state: InProgress, event: ApplicationEvent) -> InProgress:
    submissions = state.submissions
    if isinstance(event, ConsentGiven) and not state.verified:
        submissions = with_consent(submissions, state.registration_id, event)
    return replace(
        state,
        submissions=submissions,
        account=evolve_account(state.account, event),
        corrections=evolve_corrections(state.corrections, event),
    )


def _with_step_done(state: InProgress, step: Step) -> InProgress:
    return replace(state, done=state.done | {step}, reopened=state.reopened - {step})


def _with_step_reopened(state: InProgress, step: Step) -> InProgress:
    return replace(state, done=state.done - {step}, reopened=state.reopened | {step})

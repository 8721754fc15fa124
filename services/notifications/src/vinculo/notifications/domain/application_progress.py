"""How far an application has come, folded from events, and when its person is to be reminded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from vinculo.contracts.accounts import EmailCorrected, PhoneVerified
from vinculo.contracts.customer_registry import (
    PreCustomerActivated,
    PreCustomerPromoted,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordSetPending,
    RecordUnblocked,
)
from vinculo.contracts.documents import (
    DocumentFailedScreening,
    DocumentReceived,
    DocumentRejected,
)
from vinculo.contracts.envelope import Facts
from vinculo.contracts.onboarding import (
    ActivationLinkIssued,
    ApplicationCompleted,
    ApplicationStarted,
    DocumentsProvided,
    EmailVerified,
    EmploymentDeclared,
)
from vinculo.notifications.domain.message import Template

REMINDERS = (Template.REMINDER, Template.LAST_REMINDER)


class NextStep(StrEnum):
    ACTIVATION = "activation"
    EMPLOYMENT = "employment"
    DOCUMENTS = "documents"
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationProgress:
    """Topics come in any order, so that each field is folded from one topic's events alone.

    But for the clock, `last_event_…`: any of them starts it anew. `is_over` is for good,
    `is_halted` while the registry keeps the person out. `reminders` counts those queued.
    """

    person_id: UUID
    last_event_id: UUID
    last_event_at: datetime
    has_started: bool = False
    is_activated: bool = False
    is_employed: bool = False
    has_documents: bool = False
    is_over: bool = False
    is_halted: bool = False
    reminders: int = 0

    def reminded(self) -> "ApplicationProgress":
        return replace(self, reminders=self.reminders + 1)

    @property
    def next_step(self) -> NextStep:
        if not self.is_activated:
            return NextStep.ACTIVATION
        if not self.is_employed:
            return NextStep.EMPLOYMENT
        if not self.has_documents:
            return NextStep.DOCUMENTS
        return NextStep.COMPLETION


def progress_after(
    event: Facts | None, progress: ApplicationProgress
) -> ApplicationProgress | None:
    """Fold one event, without the clock; None for an event that is no news of the application."""
    match event:
        case ApplicationStarted():
            return replace(progress, has_started=True)
        case EmailVerified():
            return replace(progress, is_activated=True)
        case EmploymentDeclared():
            return replace(progress, is_employed=True)
        case DocumentsProvided():
            return replace(progress, has_documents=True)
        case ApplicationCompleted() | PreCustomerPromoted():
            return replace(progress, is_over=True)
        case RecordBlocked() | RecordDisabled():
            return replace(progress, is_halted=True)
        case PreCustomerActivated() | RecordUnblocked() | RecordSetPending() | RecordEnabled():
            return replace(progress, is_halted=False)
        case (
            ActivationLinkIssued()
            | EmailCorrected()
            | PhoneVerified()
            | DocumentReceived()
            | DocumentFailedScreening()
            | DocumentRejected()
        ):
            return progress
        case _:
            return None


def reminder_due(
    progress: ApplicationProgress, idle_times: Sequence[timedelta], now: datetime
) -> Template | None:
    """Tell which reminder is due: the first and the last, each after its own idle time."""
    if not progress.has_started or progress.is_over or progress.is_halted:
        return None
    if progress.reminders >= min(len(idle_times), len(REMINDERS)):
        return None
    if now - progress.last_event_at < idle_times[progress.reminders]:
        return None
    return REMINDERS[progress.reminders]

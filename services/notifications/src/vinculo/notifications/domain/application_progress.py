"""How far a person's application has come, and which reminder is due."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from vinculo.notifications.domain.message import Template

REMINDERS: Final = (Template.REMINDER, Template.LAST_REMINDER)


class NextStep(StrEnum):
    ACTIVATION = "activation"
    EMPLOYMENT = "employment"
    DOCUMENTS = "documents"
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationProgress:
    """Each flag is folded from the events of one topic, because topics arrive in any order.

    Any event restarts the idle time, which `last_event_…` hold. `is_over` is final; `is_halted`
    lasts as long as the registry blocks or disables the record. `reminders` counts those queued.
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

    def with_reminder(self) -> "ApplicationProgress":
        return replace(self, reminders=self.reminders + 1)

    def with_event(self, event_id: UUID, time: datetime) -> "ApplicationProgress":
        """The idle time restarted by an event, unless a later one did so already."""
        if time < self.last_event_at:
            return self
        return replace(self, last_event_id=event_id, last_event_at=time)

    @property
    def next_step(self) -> NextStep:
        if not self.is_activated:
            return NextStep.ACTIVATION
        if not self.is_employed:
            return NextStep.EMPLOYMENT
        if not self.has_documents:
            return NextStep.DOCUMENTS
        return NextStep.COMPLETION


def reminder_due(
    progress: ApplicationProgress, idle_times: Sequence[timedelta], now: datetime
) -> Template | None:
    """The reminder to send now; `idle_times` has one idle time for each reminder.

    Before the activation there is one at most; a further submission allows another one.
    """
    if not progress.has_started or progress.is_over or progress.is_halted:
        return None
    if progress.reminders >= min(len(idle_times), len(REMINDERS)):
        return None
    if progress.reminders > 0 and not progress.is_activated:
        return None
    if now - progress.last_event_at < idle_times[progress.reminders]:
        return None
    return REMINDERS[progress.reminders]

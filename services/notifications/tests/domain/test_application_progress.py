"""Which reminder is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from vinculo.notifications.domain.application_progress import (
    ApplicationProgress,
    reminder_due,
)
from vinculo.notifications.domain.message import Template

NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)
IDLE = (timedelta(days=2), timedelta(days=7))
STARTED = ApplicationProgress(
    person_id=UUID(int=1), last_event_id=UUID(int=2), last_event_at=NOW, has_started=True
)


def test_each_reminder_is_due_after_its_idle_time() -> None:
    once = replace(STARTED.with_reminder(), is_activated=True)

    assert reminder_due(STARTED, IDLE, NOW + IDLE[0] - timedelta(seconds=1)) is None
    assert reminder_due(STARTED, IDLE, NOW + IDLE[0]) is Template.REMINDER
    assert reminder_due(once, IDLE, NOW + IDLE[1] - timedelta(seconds=1)) is None
    assert reminder_due(once, IDLE, NOW + IDLE[1]) is Template.LAST_REMINDER
    assert reminder_due(once.with_reminder(), IDLE, NOW + timedelta(days=900)) is None


def test_before_the_activation_one_reminder_is_due_at_most() -> None:
    assert reminder_due(STARTED.with_reminder(), IDLE, NOW + timedelta(days=900)) is None


def test_without_an_idle_time_no_reminder_is_due() -> None:
    assert reminder_due(STARTED, (), NOW + timedelta(days=900)) is None
    assert reminder_due(STARTED.with_reminder(), IDLE[:1], NOW + timedelta(days=900)) is None


def test_no_reminder_is_due_before_the_registration_is_known() -> None:
    unknown = ApplicationProgress(
        person_id=UUID(int=1), last_event_id=UUID(int=2), last_event_at=NOW
    )

    assert reminder_due(unknown, IDLE, NOW + timedelta(days=30)) is None

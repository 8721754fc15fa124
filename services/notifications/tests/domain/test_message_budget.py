"""When a message may be sent, and when it has to wait for a collecting one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from vinculo.notifications.domain.message import (
    SUBMISSION_FACT,
    NotificationTrigger,
    Template,
)
from vinculo.notifications.domain.message_budget import (
    PURPOSES,
    Budget,
    BudgetPurpose,
    BudgetUse,
    purpose_of,
    use_budget,
    use_while_held,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BUDGET = Budget(messages=2, interval=HOUR, window=DAY)


def trigger(template: Template, **facts: str) -> NotificationTrigger:
    nil = UUID(int=0)
    return NotificationTrigger(
        template=template, person_id=nil, cause_event_id=nil, happened_at=NOW, facts=facts
    )


def used(messages: int, *, at: datetime = NOW) -> BudgetUse:
    return BudgetUse(messages=messages, window_ends_at=NOW + DAY, collects_from=at + HOUR)


def test_the_first_message_opens_the_window() -> None:
    assert use_budget(BUDGET, None, NOW) == used(1)


def test_messages_within_the_budget_are_sent_at_once() -> None:
    assert use_budget(BUDGET, used(1), NOW) == used(2)


def test_beyond_the_budget_one_message_goes_in_each_interval() -> None:
    nearly = NOW + HOUR - timedelta(seconds=1)

    assert use_budget(BUDGET, used(2), nearly) is None
    assert use_budget(BUDGET, used(2), NOW + HOUR) == used(3, at=NOW + HOUR)


def test_after_its_window_the_budget_begins_again() -> None:
    later = NOW + DAY

    assert use_budget(BUDGET, used(7, at=later), later) == BudgetUse(
        messages=1, window_ends_at=later + DAY, collects_from=later + HOUR
    )


ALL_COLLECTED = Budget(messages=0, interval=HOUR, window=DAY)


def test_without_messages_of_its_own_the_first_opens_an_interval() -> None:
    opened = use_while_held(ALL_COLLECTED, None, NOW)

    assert use_budget(ALL_COLLECTED, None, NOW) is None
    assert opened == used(0)
    assert use_budget(ALL_COLLECTED, opened, NOW + HOUR - timedelta(seconds=1)) is None
    assert use_while_held(ALL_COLLECTED, opened, NOW + HOUR / 2) == opened


def test_at_the_end_of_the_interval_one_message_goes_and_the_next_opens_another() -> None:
    later = NOW + HOUR
    sent = use_budget(ALL_COLLECTED, used(0), later)

    assert sent == used(1)
    assert use_budget(ALL_COLLECTED, sent, later) is None
    assert use_while_held(ALL_COLLECTED, sent, later) == BudgetUse(
        messages=0, window_ends_at=later + DAY, collects_from=later + HOUR
    )


def test_an_ordinary_budget_holds_until_its_next_collecting_message() -> None:
    assert use_while_held(BUDGET, used(2), NOW) == used(2)


def test_a_use_ends_with_its_window_and_its_interval() -> None:
    assert used(2).ends_at == NOW + DAY
    assert used(2, at=NOW + DAY).ends_at == NOW + DAY + HOUR


def test_a_reminder_has_a_budget_only_before_activation() -> None:
    before = trigger(Template.REMINDER, **{SUBMISSION_FACT: str(UUID(int=1))})

    assert purpose_of(before) is BudgetPurpose.UNVERIFIED
    assert purpose_of(trigger(Template.REMINDER)) is None


@pytest.mark.parametrize("template", sorted(set(Template) - set(PURPOSES)))
def test_what_only_the_person_or_the_staff_can_cause_has_no_budget(template: Template) -> None:
    assert purpose_of(trigger(template)) is None

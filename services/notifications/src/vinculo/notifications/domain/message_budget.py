"""How many messages of a template one address gets before they are collected into one. Pure.

Each template has a budget of its own, so that registrations with another person's address use up
neither the password resets nor the notices of its owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from vinculo.notifications.domain.message import NotificationTrigger, Template


class BudgetPurpose(StrEnum):
    UNVERIFIED = "unverified"
    RESETS = "resets"
    NOTICES = "notices"
    CODES = "codes"
    DOCUMENTS = "documents"


PURPOSES: Final[Mapping[Template, BudgetPurpose]] = {
    Template.ACTIVATION: BudgetPurpose.UNVERIFIED,
    Template.CONTACT_CHANGE: BudgetPurpose.UNVERIFIED,
    Template.REMINDER: BudgetPurpose.UNVERIFIED,
    Template.PASSWORD_RESET: BudgetPurpose.RESETS,
    Template.OWNER_WARNED: BudgetPurpose.NOTICES,
    Template.PHONE_CODE: BudgetPurpose.CODES,
    Template.PHONE_CHANGE_CODE: BudgetPurpose.CODES,
    Template.DOCUMENT_UNUSABLE: BudgetPurpose.DOCUMENTS,
    Template.DOCUMENT_REJECTED: BudgetPurpose.DOCUMENTS,
    Template.DOCUMENT_DEMANDED: BudgetPurpose.DOCUMENTS,
}
"""Templates that people without access to the recipient's account can cause, and those about a
person's documents, of which all within an interval are one message.

Any other is caused by the signed-in person or by the lender's staff.
"""


def purpose_of(trigger: NotificationTrigger) -> BudgetPurpose | None:
    """None for a message without a budget, such as a reminder to an activated person."""
    if trigger.template is Template.REMINDER and trigger.submission_id is None:
        return None
    return PURPOSES.get(trigger.template)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """In each window `messages` of their own, then one collecting message per `interval`.

    Without messages of their own, the first one opens an interval, and all are sent at its end.
    """

    messages: int
    interval: timedelta
    window: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUse:
    """Messages sent in the window, and from when a collecting one may be sent.

    None was sent in an interval that has been opened and not yet ended by a collecting message.
    """

    messages: int
    window_ends_at: datetime
    collects_from: datetime

    @property
    def ends_at(self) -> datetime:
        """From then on the budget is as if never used."""
        return max(self.window_ends_at, self.collects_from)


def use_budget(budget: Budget, used: BudgetUse | None, now: datetime) -> BudgetUse | None:
    """The use after one more message; None if it has to be held, as `use_while_held` says."""
    if budget.messages == 0:
        if used is None or used.messages > 0 or used.collects_from > now:
            return None
        return replace(used, messages=1)
    collects_from = now + budget.interval
    if used is None or used.window_ends_at <= now:
        return BudgetUse(
            messages=1, window_ends_at=now + budget.window, collects_from=collects_from
        )
    if used.messages >= budget.messages and used.collects_from > now:
        return None
    return replace(used, messages=used.messages + 1, collects_from=collects_from)


def use_while_held(budget: Budget, used: BudgetUse | None, now: datetime) -> BudgetUse:
    """The use with a message that is held until its `collects_from`."""
    if used is not None and (budget.messages > 0 or used.messages == 0):
        return used
    return BudgetUse(
        messages=0, window_ends_at=now + budget.window, collects_from=now + budget.interval
    )

"""What becomes of each of the generated people: how far they come, and what happens to them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto

from vinculo.simulation.people import Person


class Ending(StrEnum):
    """Where a person's own way ends, in the order of the way."""

    NEVER_ACTIVATES = auto()
    STOPS_AFTER_ACTIVATION = auto()
    STOPS_AFTER_EMPLOYMENT = auto()
    STOPS_AMONG_DOCUMENTS = auto()
    STOPS_BEFORE_COMPLETION = auto()
    WAITS_FOR_REVIEW = auto()
    REJECTED = auto()
    MENDS_REJECTION = auto()
    CUSTOMER = auto()
    ERASED = auto()


class Loans(StrEnum):
    NONE = auto()
    ONE = auto()
    TWO = auto()
    REFINANCED = auto()
    CLOSED = auto()


class Later(StrEnum):
    """What operations do afterwards."""

    NOTHING = auto()
    BLOCKED = auto()
    UNBLOCKED = auto()
    DISABLED = auto()


SHARES = {
    Ending.NEVER_ACTIVATES: 0.07,
    Ending.STOPS_AFTER_ACTIVATION: 0.06,
    Ending.STOPS_AFTER_EMPLOYMENT: 0.06,
    Ending.STOPS_AMONG_DOCUMENTS: 0.05,
    Ending.STOPS_BEFORE_COMPLETION: 0.04,
    Ending.WAITS_FOR_REVIEW: 0.07,
    Ending.REJECTED: 0.05,
    Ending.MENDS_REJECTION: 0.06,
}
BECOMES_CUSTOMER = frozenset({Ending.CUSTOMER, Ending.MENDS_REJECTION})
LOAN_STORIES = (
    *(Loans.ONE, Loans.NONE, Loans.REFINANCED, Loans.ONE, Loans.NONE, Loans.CLOSED),
    *(Loans.TWO, Loans.ONE, Loans.NONE, Loans.ONE),
)
LATER_STORIES = (
    *(Later.NOTHING, Later.BLOCKED, Later.NOTHING, Later.NOTHING, Later.DISABLED),
    *(Later.NOTHING, Later.NOTHING, Later.UNBLOCKED, Later.NOTHING, Later.NOTHING),
)
REVIEWED = frozenset({Ending.REJECTED, Ending.MENDS_REJECTION})
SELF_SERVICE_PROJECT = "express"
TWICE_EVERY = 6
ERASED_FROM, TWO_ERASED_FROM = 20, 100
BLOCKED_PRE_CUSTOMER_EVERY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    person: Person
    ending: Ending
    loans: Loans = Loans.NONE
    later: Later = Later.NOTHING
    is_registered_twice: bool = False

    @property
    def becomes_customer(self) -> bool:
        return self.ending in BECOMES_CUSTOMER

    @property
    def is_erased(self) -> bool:
        return self.ending is Ending.ERASED

    @property
    def is_reviewed(self) -> bool:
        return self.ending in REVIEWED or (
            self.ending is Ending.CUSTOMER and self.person.project != SELF_SERVICE_PROJECT
        )

    def reaches(self, ending: Ending) -> bool:
        """Whether the person goes on beyond where those of `ending` stop."""
        order = list(Ending)
        return order.index(self.ending) > order.index(ending)


def make_plans(people: Sequence[Person], *, seed: int) -> list[Plan]:
    """Deal out endings by their shares; the few who are left become customers."""
    chance = random.Random(f"plans {seed}")  # noqa: S311 - deals out fates, guards nothing
    endings = _endings(len(people))
    chance.shuffle(endings)
    plans = [
        Plan(person=_fitting(person, ending), ending=ending)
        for person, ending in zip(people, endings, strict=True)
    ]
    return _with_later(plans)


def _endings(count: int) -> list[Ending]:
    endings = [
        ending for ending, share in SHARES.items() for _ in range(round(share * count + 0.2))
    ]
    endings += [Ending.ERASED] * ((count >= ERASED_FROM) + (count >= TWO_ERASED_FROM))
    return (endings + [Ending.CUSTOMER] * max(count - len(endings), 0))[:count]


def _fitting(person: Person, ending: Ending) -> Person:
    """Who is to wait for a review cannot be in the project that needs none."""
    reviewed = {Ending.WAITS_FOR_REVIEW, Ending.REJECTED, Ending.MENDS_REJECTION}
    return replace(person, project="default") if ending in reviewed else person


def _with_later(plans: Sequence[Plan]) -> list[Plan]:
    dealt: list[Plan] = []
    customers = stopped = 0
    for plan in plans:
        if plan.becomes_customer:
            story = LOAN_STORIES[customers % len(LOAN_STORIES)]
            later = LATER_STORIES[customers % len(LATER_STORIES)]
            twice = customers % TWICE_EVERY == 1
            dealt.append(replace(plan, loans=story, later=later, is_registered_twice=twice))
            customers += 1
        elif plan.ending is Ending.STOPS_AFTER_EMPLOYMENT:
            stopped += 1
            is_blocked = stopped % BLOCKED_PRE_CUSTOMER_EVERY == 1
            dealt.append(replace(plan, later=Later.BLOCKED if is_blocked else Later.NOTHING))
        else:
            dealt.append(plan)
    return dealt

"""How far people come and what happens to them later, dealt out in exact shares.

Every hundred people in a row hold each course as often as its share says, in an order that the seed
decides. So it is known beforehand how many people are in which status.
"""

import random
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto
from functools import lru_cache
from typing import Final

from vinculo.contracts.customer_registry import Kind, Status

HUNDRED: Final = 100


class Reach(IntEnum):
    """The last step that a person took, in the order of the steps."""

    REGISTERED = auto()
    ACTIVATED = auto()
    EMPLOYED = auto()
    COMPLETED = auto()
    PROMOTED = auto()


class Lending(StrEnum):
    NONE = auto()
    ASKED = auto()
    ONE = auto()
    TWO = auto()
    REFINANCED = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """`share` people of a hundred; `moves` are the statuses that operators set, in their order."""

    share: int
    reach: Reach
    lending: Lending = Lending.NONE
    moves: tuple[Status, ...] = ()
    is_lapsed: bool = False
    is_rejected: bool = False
    is_mended: bool = False
    is_erased: bool = False

    @property
    def is_reviewed(self) -> bool:
        """Whether an operator's decision on the documents belongs to the course."""
        return self.is_rejected or (self.reach is Reach.COMPLETED and not self.is_erased)

    @property
    def kind(self) -> Kind:
        return Kind.CUSTOMER if self.reach is Reach.PROMOTED else Kind.PRE_CUSTOMER

    @property
    def status(self) -> Status:
        """Where the person stands in the end."""
        if self.moves:
            return self.moves[-1]
        if self.is_lapsed:
            return Status.DISABLED
        if self.reach is Reach.REGISTERED:
            return Status.PENDING_EMAIL_VERIFICATION
        return Status.ENABLED if self.reach is Reach.PROMOTED else Status.PENDING


_DISABLED, _BLOCKED, _PENDING = Status.DISABLED, Status.BLOCKED, Status.PENDING
_ENABLED = Status.ENABLED

COURSES: Final = (
    Course(share=6, reach=Reach.REGISTERED),
    Course(share=5, reach=Reach.REGISTERED, is_lapsed=True),
    Course(share=7, reach=Reach.ACTIVATED),
    Course(share=7, reach=Reach.EMPLOYED),
    Course(share=8, reach=Reach.COMPLETED),
    Course(share=6, reach=Reach.COMPLETED, is_rejected=True),
    Course(share=2, reach=Reach.EMPLOYED, moves=(_DISABLED,)),
    Course(share=2, reach=Reach.EMPLOYED, moves=(_BLOCKED,)),
    Course(share=1, reach=Reach.EMPLOYED, is_erased=True),
    Course(share=10, reach=Reach.PROMOTED),
    Course(share=4, reach=Reach.PROMOTED, lending=Lending.ASKED),
    Course(share=17, reach=Reach.PROMOTED, lending=Lending.ONE),
    Course(share=5, reach=Reach.PROMOTED, lending=Lending.TWO),
    Course(share=6, reach=Reach.PROMOTED, lending=Lending.REFINANCED),
    Course(share=4, reach=Reach.PROMOTED, lending=Lending.CLOSED),
    Course(share=1, reach=Reach.PROMOTED, is_rejected=True, is_mended=True),
    Course(share=3, reach=Reach.PROMOTED, moves=(_DISABLED,)),
    Course(share=1, reach=Reach.PROMOTED, moves=(_DISABLED, _ENABLED)),
    Course(share=2, reach=Reach.PROMOTED, lending=Lending.ONE, moves=(_BLOCKED,)),
    Course(share=1, reach=Reach.PROMOTED, moves=(_BLOCKED, _PENDING)),
    Course(share=2, reach=Reach.PROMOTED, moves=(_PENDING,)),
)


def course_of(number: int, seed: int) -> Course:
    """The course of the person with this number, counted from 0."""
    return _deck(number // HUNDRED, seed)[number % HUNDRED]


def standings(people: int, seed: int) -> Counter[tuple[Kind, Status]]:
    """How many of so many people are in the lists in the end, by kind and status."""
    found: Counter[tuple[Kind, Status]] = Counter()
    whole = people // HUNDRED
    for course in COURSES:
        if not course.is_erased:
            found[course.kind, course.status] += course.share * whole
    for number in range(whole * HUNDRED, people):
        course = course_of(number, seed)
        if not course.is_erased:
            found[course.kind, course.status] += 1
    return +found


@lru_cache(maxsize=8)
def _deck(hundred: int, seed: int) -> list[Course]:
    deck = [course for course in COURSES for _ in range(course.share)]
    random.Random(f"courses {seed} {hundred}").shuffle(deck)  # noqa: S311 - invents, guards nothing
    return deck

"""The lifecycles of generated people, assigned in exact shares.

Each block of a hundred consecutive people contains every lifecycle as often as its share says, in
an order given by the seed. The number of people per status is therefore known in advance.
"""

import random
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto
from functools import lru_cache
from typing import Final

from vinculo.contracts.customer_registry import Kind, Status

BLOCK_SIZE: Final = 100


class LastStep(IntEnum):
    """The last step that a person took, in order."""

    REGISTERED = auto()
    ACTIVATED = auto()
    EMPLOYED = auto()
    COMPLETED = auto()
    PROMOTED = auto()


class CreditHistory(StrEnum):
    NONE = auto()
    APPLICATION = auto()
    ONE = auto()
    TWO = auto()
    REFINANCED = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """`share` is in people per hundred; `status_changes` are set by operators, in this order."""

    share: int
    last_step: LastStep
    credit: CreditHistory = CreditHistory.NONE
    status_changes: tuple[Status, ...] = ()
    is_lapsed: bool = False
    is_rejected: bool = False
    is_replaced: bool = False
    is_erased: bool = False

    @property
    def is_reviewed(self) -> bool:
        """Whether the lifecycle depends on an operator's review of the documents."""
        return self.is_rejected or (self.last_step is LastStep.COMPLETED and not self.is_erased)

    @property
    def kind(self) -> Kind:
        return Kind.CUSTOMER if self.last_step is LastStep.PROMOTED else Kind.PRE_CUSTOMER

    @property
    def status(self) -> Status:
        """The final status."""
        if self.status_changes:
            return self.status_changes[-1]
        if self.is_lapsed:
            return Status.DISABLED
        if self.last_step is LastStep.REGISTERED:
            return Status.PENDING_EMAIL_VERIFICATION
        return Status.ENABLED if self.last_step is LastStep.PROMOTED else Status.PENDING


_DISABLED, _BLOCKED, _PENDING = Status.DISABLED, Status.BLOCKED, Status.PENDING
_ENABLED = Status.ENABLED

LIFECYCLES: Final = (
    Lifecycle(share=6, last_step=LastStep.REGISTERED),
    Lifecycle(share=5, last_step=LastStep.REGISTERED, is_lapsed=True),
    Lifecycle(share=7, last_step=LastStep.ACTIVATED),
    Lifecycle(share=7, last_step=LastStep.EMPLOYED),
    Lifecycle(share=8, last_step=LastStep.COMPLETED),
    Lifecycle(share=6, last_step=LastStep.COMPLETED, is_rejected=True),
    Lifecycle(share=2, last_step=LastStep.EMPLOYED, status_changes=(_DISABLED,)),
    Lifecycle(share=2, last_step=LastStep.EMPLOYED, status_changes=(_BLOCKED,)),
    Lifecycle(share=1, last_step=LastStep.EMPLOYED, is_erased=True),
    Lifecycle(share=10, last_step=LastStep.PROMOTED),
    Lifecycle(share=4, last_step=LastStep.PROMOTED, credit=CreditHistory.APPLICATION),
    Lifecycle(share=17, last_step=LastStep.PROMOTED, credit=CreditHistory.ONE),
    Lifecycle(share=5, last_step=LastStep.PROMOTED, credit=CreditHistory.TWO),
    Lifecycle(share=6, last_step=LastStep.PROMOTED, credit=CreditHistory.REFINANCED),
    Lifecycle(share=4, last_step=LastStep.PROMOTED, credit=CreditHistory.CLOSED),
    Lifecycle(share=1, last_step=LastStep.PROMOTED, is_rejected=True, is_replaced=True),
    Lifecycle(share=3, last_step=LastStep.PROMOTED, status_changes=(_DISABLED,)),
    Lifecycle(share=1, last_step=LastStep.PROMOTED, status_changes=(_DISABLED, _ENABLED)),
    Lifecycle(
        share=2, last_step=LastStep.PROMOTED, credit=CreditHistory.ONE, status_changes=(_BLOCKED,)
    ),
    Lifecycle(share=1, last_step=LastStep.PROMOTED, status_changes=(_BLOCKED, _PENDING)),
    Lifecycle(share=2, last_step=LastStep.PROMOTED, status_changes=(_PENDING,)),
)


def lifecycle_of(number: int, seed: int) -> Lifecycle:
    """The lifecycle of the person with this number, counted from 0."""
    return _block(number // BLOCK_SIZE, seed)[number % BLOCK_SIZE]


def expected_counts(people: int, seed: int) -> Counter[tuple[Kind, Status]]:
    """The number of people in the lists at the end, by kind and status."""
    counts: Counter[tuple[Kind, Status]] = Counter()
    full_blocks = people // BLOCK_SIZE
    for lifecycle in LIFECYCLES:
        if not lifecycle.is_erased:
            counts[lifecycle.kind, lifecycle.status] += lifecycle.share * full_blocks
    for number in range(full_blocks * BLOCK_SIZE, people):
        lifecycle = lifecycle_of(number, seed)
        if not lifecycle.is_erased:
            counts[lifecycle.kind, lifecycle.status] += 1
    return +counts


@lru_cache(maxsize=8)
def _block(index: int, seed: int) -> list[Lifecycle]:
    lifecycles = [lifecycle for lifecycle in LIFECYCLES for _ in range(lifecycle.share)]
    random.Random(f"courses {seed} {index}").shuffle(lifecycles)  # noqa: S311 - not secret
    return lifecycles

"""How far the demonstration has come: one bar per step, or now and then a line without terminal."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from vinculo.simulation.plans import Ending, Later, Loans, Plan

LINES = 8


class Step(StrEnum):
    REGISTERED = "registered"
    ACTIVATED = "activated the account"
    EMPLOYED = "declared employment"
    DOCUMENTS = "uploaded documents"
    COMPLETED = "completed"
    REVIEWED = "reviewed"
    PROMOTED = "became customers"
    LOANS = "got loans"
    MOVED = "blocked, unblocked, disabled"
    ERASED = "erased"


def expected(plans: Sequence[Plan]) -> Counter[Step]:
    """How often each step comes when everybody goes as planned."""
    steps: Counter[Step] = Counter()
    for plan in plans:
        steps.update(steps_of(plan))
    return steps


def steps_of(plan: Plan) -> list[Step]:
    ways = (
        (Step.REGISTERED, True),
        (Step.ACTIVATED, plan.reaches(Ending.NEVER_ACTIVATES)),
        (Step.EMPLOYED, plan.reaches(Ending.STOPS_AFTER_ACTIVATION)),
        (Step.DOCUMENTS, plan.reaches(Ending.STOPS_AMONG_DOCUMENTS) and not plan.is_erased),
        (Step.COMPLETED, plan.reaches(Ending.STOPS_BEFORE_COMPLETION) and not plan.is_erased),
        (Step.REVIEWED, plan.is_reviewed),
        (Step.PROMOTED, plan.becomes_customer),
        (Step.LOANS, plan.loans is not Loans.NONE),
        (Step.MOVED, plan.later is not Later.NOTHING),
        (Step.ERASED, plan.is_erased),
    )
    return [step for step, comes in ways if comes]


class Steps:
    """Counts the steps that were done and shows them."""

    def __init__(self, console: Console, plans: Sequence[Plan]) -> None:
        self.done: Counter[Step] = Counter()
        self._console = console
        self._expected = expected(plans)
        self._bars = Progress(
            TextColumn("{task.description:28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._tasks = {
            step: self._bars.add_task(step.value, total=self._expected[step])
            for step in Step
            if self._expected[step]
        }
        self._told = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._bars.stop()

    def count(self, step: Step) -> None:
        self.done[step] += 1
        if step in self._tasks:
            self._bars.advance(self._tasks[step])
        part = sum(self.done.values()) * LINES // max(self._expected.total(), 1)
        if not self._console.is_terminal and part > self._told:
            self._told = part
            said = (
                f"{step.value} {self.done[step]}/{self._expected[step]}" for step in self._tasks
            )
            self._console.print(" · ".join(said), soft_wrap=True)

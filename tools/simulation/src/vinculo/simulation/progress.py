"""Progress of a run: a bar per step, or a few lines where there is no terminal."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from vinculo.simulation.scenarios import Ending, LoanHistory, OperatorAction, Scenario

PROGRESS_LINES = 8


class Step(StrEnum):
    REGISTERED = "registered"
    ACTIVATED = "activated the account"
    EMPLOYED = "declared employment"
    DOCUMENTS = "uploaded documents"
    COMPLETED = "completed"
    REVIEWED = "reviewed"
    PROMOTED = "became customers"
    LOANS = "got loans"
    STATUS_CHANGED = "blocked, unblocked, disabled"
    ERASED = "erased"


def expected_steps(scenarios: Sequence[Scenario]) -> Counter[Step]:
    """How often each step occurs when every scenario runs as planned."""
    steps: Counter[Step] = Counter()
    for scenario in scenarios:
        steps.update(steps_of(scenario))
    return steps


def steps_of(scenario: Scenario) -> list[Step]:
    steps = (
        (Step.REGISTERED, True),
        (Step.ACTIVATED, scenario.continues_beyond(Ending.NEVER_ACTIVATES)),
        (Step.EMPLOYED, scenario.continues_beyond(Ending.STOPS_AFTER_ACTIVATION)),
        (
            Step.DOCUMENTS,
            scenario.continues_beyond(Ending.STOPS_DURING_DOCUMENTS) and not scenario.is_erased,
        ),
        (
            Step.COMPLETED,
            scenario.continues_beyond(Ending.STOPS_BEFORE_COMPLETION) and not scenario.is_erased,
        ),
        (Step.REVIEWED, scenario.is_reviewed),
        (Step.PROMOTED, scenario.becomes_customer),
        (Step.LOANS, scenario.loans is not LoanHistory.NONE),
        (Step.STATUS_CHANGED, scenario.operator_action is not OperatorAction.NONE),
        (Step.ERASED, scenario.is_erased),
    )
    return [step for step, occurs in steps if occurs]


class StepProgress:
    """Counts and displays the steps that were done."""

    def __init__(self, console: Console, scenarios: Sequence[Scenario]) -> None:
        self.done: Counter[Step] = Counter()
        self._console = console
        self._expected = expected_steps(scenarios)
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
        self._printed_lines = 0

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
        part = sum(self.done.values()) * PROGRESS_LINES // max(self._expected.total(), 1)
        if not self._console.is_terminal and part > self._printed_lines:
            self._printed_lines = part
            counts = (
                f"{step.value} {self.done[step]}/{self._expected[step]}" for step in self._tasks
            )
            self._console.print(" · ".join(counts), soft_wrap=True)

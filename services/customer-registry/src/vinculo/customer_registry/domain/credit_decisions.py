"""Decides which reports of credit systems are recorded in the stream of their person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from vinculo.customer_registry.domain.credit import (
    NOTHING_RECORDED,
    CreditApplicationRecorded,
    CreditEvent,
    CreditMovedAway,
    CreditRecorded,
    CreditState,
    evolve,
    version_of,
)
from vinculo.events import Decider


@dataclass(frozen=True, slots=True)
class RecordReport:
    """The report is of the person who has the loan, application or limit."""

    report: CreditRecorded


@dataclass(frozen=True, slots=True)
class MoveAway:
    """A newer report is of another person."""

    moved: CreditMovedAway


CreditCommand: TypeAlias = RecordReport | MoveAway


def decide(command: CreditCommand, state: CreditState) -> Sequence[CreditEvent]:
    match command:
        case RecordReport(report=CreditApplicationRecorded() as report):
            return record_application(report, state)
        case RecordReport(report=report):
            return [report] if version_of(report) > state.last_version else []
        case MoveAway(moved=moved):
            return [moved] if state.is_present and version_of(moved) > state.last_version else []
        case _:
            assert_never(command)


def record_application(
    report: CreditApplicationRecorded, state: CreditState
) -> Sequence[CreditEvent]:
    """Every version once, also an older one: each tells since when its stage was reached."""
    return [] if report.application_version in state.versions else [report]


CREDIT: Decider[CreditCommand, CreditState, CreditEvent] = Decider(decide, evolve, NOTHING_RECORDED)

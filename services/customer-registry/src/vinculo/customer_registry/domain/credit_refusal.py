"""A record of a credit system that was refused, published once in a stream of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vinculo.events import Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditReportRefused:
    """The record's place and why it was refused; nothing of its content."""

    topic: str
    partition: int
    offset: int
    reported_event_id: str | None
    reason_code: str
    refused_at: datetime


@dataclass(frozen=True, slots=True)
class PublishRefusal:
    refusal: CreditReportRefused


def decide(command: PublishRefusal, is_published: bool) -> Sequence[CreditReportRefused]:  # noqa: FBT001 - the state
    return [] if is_published else [command.refusal]


def evolve(_state: bool, _event: CreditReportRefused) -> bool:  # noqa: FBT001 - the state
    return True


CREDIT_REFUSAL: Decider[PublishRefusal, bool, CreditReportRefused] = Decider(decide, evolve, False)

"""Decides what to do with a record, given the checkpoint of its stream. Pure.

Versions of a gapless stream are 1, 2, 3…, and each is applied once. A record that cannot be applied
is dead-lettered together with all later records of its stream, so that their order is preserved.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID


class Disposition(StrEnum):
    APPLY = "apply"
    IGNORE = "ignore"
    QUARANTINE = "quarantine"
    """Dead-letter the record and quarantine its stream up to this version."""
    DEAD_LETTER = "dead-letter"
    """Dead-letter this record only; its stream continues."""


class ReplayDisposition(StrEnum):
    APPLY = "apply"
    DROP = "drop"
    STOP = "stop"


class QuarantineReason(StrEnum):
    """Why a record is dead-lettered; the first reason of a stream is kept until its release."""

    POISON = "poison"
    GAP = "gap"
    """An earlier version is missing: the stream continues as soon as it arrives."""
    KEY_MISSING = "key-missing"
    """The person has no readable data key: replayed every minute."""
    UNKNOWN_TYPE = "unknown-type"
    """The code is older than the event: replayed when the consumer starts."""
    REPEATED_ERRORS = "repeated-errors"
    DIVERGED = "diverged"
    """The log has another history than the one that was applied: only a resync continues."""


@dataclass(slots=True, kw_only=True)  # not frozen: that would take three times as long
class StreamState:
    """The checkpoint of a stream, not to be changed.

    `event_id` and `store_epoch` are those of the event of `last_version`; None in checkpoints of
    older versions of the code. `last_dead_lettered_version` and `reason` are set while the stream
    is quarantined.
    """

    last_version: int = 0
    event_id: UUID | None = None
    store_epoch: int | None = None
    last_dead_lettered_version: int | None = None
    reason: QuarantineReason | None = None

    @property
    def is_quarantined(self) -> bool:
        return self.last_dead_lettered_version is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A record as the policy sees it. `problem` is why it cannot be applied."""

    version: int
    gapless: bool
    event_id: UUID | None = None
    store_epoch: int | None = None
    problem: QuarantineReason | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is that of a dead letter; None for a record that is applied or ignored."""

    disposition: Disposition
    reason: QuarantineReason | None = None


APPLY: Final = Decision(Disposition.APPLY)
IGNORE: Final = Decision(Disposition.IGNORE)


def decide(arrival: Arrival, state: StreamState) -> Decision:
    """What to do with a record from its topic."""
    if arrival.gapless:
        return _decide_gapless(arrival, state)
    if arrival.version <= state.last_version:
        return IGNORE
    if arrival.problem is not None:
        return Decision(Disposition.DEAD_LETTER, arrival.problem)
    return APPLY


def _decide_gapless(arrival: Arrival, state: StreamState) -> Decision:
    if is_diverged(arrival, state):
        return Decision(Disposition.QUARANTINE, QuarantineReason.DIVERGED)
    if arrival.version <= state.last_version:
        return IGNORE
    is_next = arrival.version == state.last_version + 1
    closes_gap = is_next and state.reason is QuarantineReason.GAP
    if state.is_quarantined and not closes_gap:
        return Decision(Disposition.QUARANTINE, state.reason or QuarantineReason.POISON)
    if arrival.problem is not None:
        return Decision(Disposition.QUARANTINE, arrival.problem)
    return APPLY if is_next else Decision(Disposition.QUARANTINE, QuarantineReason.GAP)


def is_diverged(arrival: Arrival, state: StreamState) -> bool:
    """Whether the record contradicts what was applied.

    The store was restored from a backup and has appended other events since: the record has the
    version of the checkpoint and another id, or was appended in a later epoch than the checkpoint
    although its version is not later.
    """
    if arrival.version > state.last_version:
        return False
    is_newer = (
        arrival.store_epoch is not None
        and state.store_epoch is not None
        and arrival.store_epoch > state.store_epoch
    )
    has_other_id = (
        arrival.version == state.last_version
        and arrival.event_id is not None
        and state.event_id is not None
        and arrival.event_id != state.event_id
    )
    return is_newer or has_other_id


def next_state(decision: Decision, arrival: Arrival, state: StreamState) -> StreamState:
    """The checkpoint after the record has been handled."""
    match decision.disposition:
        case Disposition.APPLY:
            applied = replace(
                state,
                last_version=arrival.version,
                event_id=arrival.event_id,
                store_epoch=arrival.store_epoch,
            )
            return released(applied) if is_released(applied) else applied
        case Disposition.QUARANTINE:
            last = max(arrival.version, state.last_dead_lettered_version or 0)
            # A gap is the only reason that ends by itself, so any other one replaces it.
            is_kept = state.is_quarantined and state.reason is not QuarantineReason.GAP
            is_kept = is_kept and decision.reason is not QuarantineReason.DIVERGED
            reason = state.reason if is_kept else decision.reason
            return replace(state, last_dead_lettered_version=last, reason=reason)
        case _:
            return state


def decide_replay(arrival: Arrival, state: StreamState) -> ReplayDisposition:
    """What to do with a dead letter; STOP leaves it for a replay by another version of the code."""
    if arrival.gapless and state.reason is QuarantineReason.DIVERGED:
        return ReplayDisposition.STOP
    if arrival.version <= state.last_version:
        return ReplayDisposition.DROP
    if arrival.problem is not None:
        return ReplayDisposition.STOP
    if arrival.gapless and arrival.version > state.last_version + 1:
        return ReplayDisposition.STOP
    return ReplayDisposition.APPLY


def is_released(state: StreamState) -> bool:
    """Whether all dead letters of the stream are resolved, so that the quarantine can end."""
    last = state.last_dead_lettered_version
    return (
        last is not None
        and last <= state.last_version
        and state.reason is not QuarantineReason.DIVERGED
    )


def released(state: StreamState) -> StreamState:
    return replace(state, last_dead_lettered_version=None, reason=None)

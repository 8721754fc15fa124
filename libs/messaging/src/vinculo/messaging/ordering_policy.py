"""Decides what to do with a record, given the checkpoint of its stream. Pure.

Versions of a gapless stream are 1, 2, 3…, and each is applied once. A record that cannot be applied
is dead-lettered together with all later records of its stream, so that their order is preserved.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """The checkpoint of a stream; `last_dead_lettered_version` is set while it is quarantined."""

    last_version: int = 0
    last_dead_lettered_version: int | None = None

    @property
    def is_quarantined(self) -> bool:
        return self.last_dead_lettered_version is not None


def decide_disposition(
    version: int, state: StreamState, *, readable: bool, gapless: bool
) -> Disposition:
    """What to do with a record from its topic."""
    if version <= state.last_version:
        return Disposition.IGNORE
    if not gapless:
        return Disposition.APPLY if readable else Disposition.DEAD_LETTER
    if state.is_quarantined or not readable or version > state.last_version + 1:
        return Disposition.QUARANTINE
    return Disposition.APPLY


def next_state(disposition: Disposition, version: int, state: StreamState) -> StreamState:
    """The checkpoint after the record has been handled."""
    match disposition:
        case Disposition.APPLY:
            return replace(state, last_version=version)
        case Disposition.QUARANTINE:
            last = max(version, state.last_dead_lettered_version or 0)
            return replace(state, last_dead_lettered_version=last)
        case _:
            return state


def decide_replay(
    version: int, state: StreamState, *, readable: bool, gapless: bool
) -> ReplayDisposition:
    """What to do with a dead letter; STOP leaves it for a replay by another version of the code."""
    if version <= state.last_version:
        return ReplayDisposition.DROP
    if not readable or (gapless and version > state.last_version + 1):
        return ReplayDisposition.STOP
    return ReplayDisposition.APPLY


def is_released(state: StreamState) -> bool:
    """Whether all dead letters of the stream are resolved, so that the quarantine can end."""
    last = state.last_dead_lettered_version
    return last is not None and last <= state.last_version

"""What becomes of a record, given how far its stream has come. Pure; every consumer shares it.

Versions of a gapless stream are 1, 2, 3…, each applied once. A record that cannot be applied goes
to the dead letters and takes its stream's later records with it, so that they keep their order.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Disposition(StrEnum):
    APPLY = "apply"
    IGNORE = "ignore"
    QUARANTINE = "quarantine"
    """To the dead letters, and the stream is quarantined up to this version."""
    DEAD_LETTER = "dead-letter"
    """To the dead letters, alone; its stream goes on."""


class ReplayDisposition(StrEnum):
    APPLY = "apply"
    DROP = "drop"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    last_version: int = 0
    last_dead_lettered_version: int | None = None

    @property
    def is_quarantined(self) -> bool:
        return self.last_dead_lettered_version is not None


def decide_disposition(
    version: int, state: StreamState, *, readable: bool, gapless: bool
) -> Disposition:
    if version <= state.last_version:
        return Disposition.IGNORE
    if not gapless:
        return Disposition.APPLY if readable else Disposition.DEAD_LETTER
    if state.is_quarantined or not readable or version > state.last_version + 1:
        return Disposition.QUARANTINE
    return Disposition.APPLY


def next_state(verdict: Disposition, version: int, state: StreamState) -> StreamState:
    match verdict:
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
    """Decide on a dead letter; one that must stop is tried again when the code is another."""
    if version <= state.last_version:
        return ReplayDisposition.DROP
    if not readable or (gapless and version > state.last_version + 1):
        return ReplayDisposition.STOP
    return ReplayDisposition.APPLY


def is_released(state: StreamState) -> bool:
    """Nothing of the stream is left in the dead letters: it may take new records again."""
    last = state.last_dead_lettered_version
    return last is not None and last <= state.last_version

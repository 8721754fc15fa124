"""What becomes of a record, given how far its stream has come. Pure; every consumer shares it.

Versions of a gapless stream are 1, 2, 3…, each applied once. A record that cannot be applied goes
to the dead letters and takes its stream's later records with it, so that they keep their order.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Verdict(StrEnum):
    APPLY = "apply"
    IGNORE = "ignore"
    QUARANTINE = "quarantine"
    """To the dead letters, and the stream is quarantined up to this version."""
    DEAD_LETTER = "dead-letter"
    """To the dead letters, alone; its stream goes on."""


class ReplayVerdict(StrEnum):
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


def judge(version: int, state: StreamState, *, readable: bool, gapless: bool) -> Verdict:
    if version <= state.last_version:
        return Verdict.IGNORE
    if not gapless:
        return Verdict.APPLY if readable else Verdict.DEAD_LETTER
    if state.is_quarantined or not readable or version > state.last_version + 1:
        return Verdict.QUARANTINE
    return Verdict.APPLY


def after(verdict: Verdict, version: int, state: StreamState) -> StreamState:
    match verdict:
        case Verdict.APPLY:
            return replace(state, last_version=version)
        case Verdict.QUARANTINE:
            last = max(version, state.last_dead_lettered_version or 0)
            return replace(state, last_dead_lettered_version=last)
        case _:
            return state


def judge_replay(
    version: int, state: StreamState, *, readable: bool, gapless: bool
) -> ReplayVerdict:
    """Decide on a dead letter; one that must stop is tried again when the code is another."""
    if version <= state.last_version:
        return ReplayVerdict.DROP
    if not readable or (gapless and version > state.last_version + 1):
        return ReplayVerdict.STOP
    return ReplayVerdict.APPLY


def is_released(state: StreamState) -> bool:
    """Nothing of the stream is left in the dead letters: it may take new records again."""
    last = state.last_dead_lettered_version
    return last is not None and last <= state.last_version

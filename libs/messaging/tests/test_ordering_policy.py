from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.messaging import (
    Arrival,
    Decision,
    Disposition,
    QuarantineReason,
    ReplayDisposition,
    StreamState,
    decide,
    decide_replay,
    is_released,
    next_state,
)

AT_3 = StreamState(last_version=3, event_id=UUID(int=3), store_epoch=1)
QUARANTINED = StreamState(
    last_version=3, last_dead_lettered_version=5, reason=QuarantineReason.POISON
)
GAP = StreamState(last_version=3, last_dead_lettered_version=5, reason=QuarantineReason.GAP)
DIVERGED = StreamState(
    last_version=3, last_dead_lettered_version=3, reason=QuarantineReason.DIVERGED
)


def arrival(version: int, *, readable: bool = True, gapless: bool = True) -> Arrival:
    problem = None if readable else QuarantineReason.POISON
    return Arrival(version=version, gapless=gapless, problem=problem)


@pytest.mark.parametrize(
    ("version", "state", "readable", "disposition"),
    [
        (4, AT_3, True, Disposition.APPLY),
        (3, AT_3, True, Disposition.IGNORE),
        (1, AT_3, False, Disposition.IGNORE),
        (4, AT_3, False, Disposition.QUARANTINE),
        (5, AT_3, True, Disposition.QUARANTINE),
        (4, QUARANTINED, True, Disposition.QUARANTINE),
        (6, QUARANTINED, True, Disposition.QUARANTINE),
        (2, QUARANTINED, True, Disposition.IGNORE),
    ],
)
def test_a_gapless_stream_is_applied_in_order_or_quarantined(
    *, version: int, state: StreamState, readable: bool, disposition: Disposition
) -> None:
    assert decide(arrival(version, readable=readable), state).disposition is disposition


@pytest.mark.parametrize(
    ("version", "readable", "disposition"),
    [
        (9, True, Disposition.APPLY),
        (3, True, Disposition.IGNORE),
        (9, False, Disposition.DEAD_LETTER),
        (2, False, Disposition.IGNORE),
    ],
)
def test_in_a_stream_with_gaps_only_newer_versions_are_applied(
    *, version: int, readable: bool, disposition: Disposition
) -> None:
    made = arrival(version, readable=readable, gapless=False)
    assert decide(made, AT_3).disposition is disposition


def test_a_quarantine_keeps_the_highest_dead_lettered_version() -> None:
    quarantine = Decision(Disposition.QUARANTINE, QuarantineReason.POISON)

    assert next_state(quarantine, arrival(4), QUARANTINED) == QUARANTINED
    assert next_state(quarantine, arrival(7), QUARANTINED).last_dead_lettered_version == 7


@pytest.mark.parametrize(
    ("record", "disposition", "reason"),
    [
        (arrival(5), Disposition.QUARANTINE, QuarantineReason.GAP),
        (arrival(4), Disposition.APPLY, None),
        (arrival(4, readable=False), Disposition.QUARANTINE, QuarantineReason.POISON),
        (arrival(6), Disposition.QUARANTINE, QuarantineReason.GAP),
    ],
)
def test_a_missing_version_closes_its_gap(
    record: Arrival, disposition: Disposition, reason: QuarantineReason | None
) -> None:
    assert decide(record, GAP) == Decision(disposition, reason)


def test_a_gap_that_cannot_be_closed_becomes_what_prevents_it() -> None:
    unknown = Arrival(version=4, gapless=True, problem=QuarantineReason.UNKNOWN_TYPE)

    after = next_state(decide(unknown, GAP), unknown, GAP)

    assert after.reason is QuarantineReason.UNKNOWN_TYPE
    assert after.last_dead_lettered_version == 5


def test_a_gap_without_later_dead_letters_is_released_when_it_is_closed() -> None:
    state = replace(GAP, last_dead_lettered_version=4)

    assert next_state(decide(arrival(4), state), arrival(4), state).is_quarantined is False


@pytest.mark.parametrize(
    ("version", "event_id", "store_epoch", "is_diverged"),
    [
        (3, UUID(int=3), 1, False),
        (3, UUID(int=9), 1, True),
        (3, UUID(int=3), 2, True),
        (2, UUID(int=9), 1, False),
        (2, UUID(int=9), 2, True),
        (2, UUID(int=9), None, False),
        (4, UUID(int=9), 2, False),
    ],
)
def test_another_history_is_recognised_by_event_id_and_store_epoch(
    *, version: int, event_id: UUID, store_epoch: int | None, is_diverged: bool
) -> None:
    record = Arrival(version=version, gapless=True, event_id=event_id, store_epoch=store_epoch)

    decision = decide(record, AT_3)

    assert (decision.reason is QuarantineReason.DIVERGED) == is_diverged


def test_a_checkpoint_of_an_older_version_of_the_code_never_diverges() -> None:
    record = Arrival(version=3, gapless=True, event_id=UUID(int=9), store_epoch=9)

    assert decide(record, StreamState(last_version=3)).disposition is Disposition.IGNORE


def test_a_diverged_stream_takes_nothing_and_is_neither_replayed_nor_released() -> None:
    assert decide(arrival(4), DIVERGED).reason is QuarantineReason.DIVERGED
    assert decide_replay(arrival(4), DIVERGED) is ReplayDisposition.STOP
    assert not is_released(DIVERGED)


@pytest.mark.parametrize(
    ("version", "readable", "disposition"),
    [
        (4, True, ReplayDisposition.APPLY),
        (3, True, ReplayDisposition.DROP),
        (3, False, ReplayDisposition.DROP),
        (4, False, ReplayDisposition.STOP),
        (5, True, ReplayDisposition.STOP),
    ],
)
def test_a_dead_letter_is_applied_dropped_or_blocks_its_stream(
    *, version: int, readable: bool, disposition: ReplayDisposition
) -> None:
    assert decide_replay(arrival(version, readable=readable), QUARANTINED) is disposition


def test_a_stream_is_released_when_its_last_dead_letter_is_resolved() -> None:
    assert not is_released(AT_3)
    assert not is_released(QUARANTINED)
    assert is_released(
        StreamState(last_version=5, last_dead_lettered_version=5, reason=QuarantineReason.POISON)
    )


DELIVERIES = st.lists(
    st.tuples(st.integers(min_value=1, max_value=8), st.booleans()), min_size=1, max_size=60
)


@given(DELIVERIES)
def test_every_version_is_applied_once_and_in_order_whatever_is_delivered(
    deliveries: Sequence[tuple[int, bool]],
) -> None:
    """A version that is readable in any delivery is applied, unless a gap precedes it."""
    state, applied, dead_letters = StreamState(), [], []
    for version, readable in deliveries:
        record = arrival(version, readable=readable)
        decision = decide(record, state)
        if decision.disposition is Disposition.APPLY:
            applied.append(version)
        elif decision.disposition is Disposition.QUARANTINE:
            dead_letters.append(record)
        state = next_state(decision, record, state)
        if state.is_quarantined:
            assert dead_letters

    for letter in sorted(dead_letters, key=lambda letter: letter.version):
        if decide_replay(letter, state) is ReplayDisposition.APPLY:
            applied.append(letter.version)
            state = next_state(Decision(Disposition.APPLY), letter, state)

    readable_versions = {version for version, readable in deliveries if readable}
    expected = 0
    while expected + 1 in readable_versions:
        expected += 1
    assert applied == list(range(1, expected + 1))


@given(st.lists(st.integers(min_value=1, max_value=20), max_size=60))
def test_versions_of_a_stream_with_gaps_only_increase(versions: Sequence[int]) -> None:
    state, applied = StreamState(), []
    for version in versions:
        record = arrival(version, gapless=False)
        decision = decide(record, state)
        if decision.disposition is Disposition.APPLY:
            applied.append(version)
        state = next_state(decision, record, state)

    assert applied == sorted(set(applied))
    assert (applied[-1] if applied else 0) == max(versions, default=0)

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.messaging import (
    Disposition,
    ReplayDisposition,
    StreamState,
    decide_disposition,
    decide_replay,
    is_released,
    next_state,
)

AT_3 = StreamState(last_version=3)
QUARANTINED = StreamState(last_version=3, last_dead_lettered_version=5)


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
    assert decide_disposition(version, state, readable=readable, gapless=True) is disposition


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
    assert decide_disposition(version, AT_3, readable=readable, gapless=False) is disposition


def test_a_quarantine_keeps_the_highest_dead_lettered_version() -> None:
    assert next_state(Disposition.QUARANTINE, 4, QUARANTINED) == QUARANTINED
    assert next_state(Disposition.QUARANTINE, 7, QUARANTINED).last_dead_lettered_version == 7


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
    assert decide_replay(version, QUARANTINED, readable=readable, gapless=True) is disposition


def test_a_stream_is_released_when_its_last_dead_letter_is_resolved() -> None:
    assert not is_released(AT_3)
    assert not is_released(QUARANTINED)
    assert is_released(StreamState(last_version=5, last_dead_lettered_version=5))


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
        disposition = decide_disposition(version, state, readable=readable, gapless=True)
        if disposition is Disposition.APPLY:
            applied.append(version)
        elif disposition is Disposition.QUARANTINE:
            dead_letters.append((version, readable))
        state = next_state(disposition, version, state)
        assert state.is_quarantined == bool(dead_letters)

    for version, readable in sorted(dead_letters, key=lambda letter: letter[0]):
        if (
            decide_replay(version, state, readable=readable, gapless=True)
            is ReplayDisposition.APPLY
        ):
            applied.append(version)
            state = next_state(Disposition.APPLY, version, state)

    readable_versions = {version for version, readable in deliveries if readable}
    expected = 0
    while expected + 1 in readable_versions:
        expected += 1
    assert applied == list(range(1, expected + 1))


@given(st.lists(st.integers(min_value=1, max_value=20), max_size=60))
def test_versions_of_a_stream_with_gaps_only_increase(versions: Sequence[int]) -> None:
    state, applied = StreamState(), []
    for version in versions:
        disposition = decide_disposition(version, state, readable=True, gapless=False)
        if disposition is Disposition.APPLY:
            applied.append(version)
        state = next_state(disposition, version, state)

    assert applied == sorted(set(applied))
    assert (applied[-1] if applied else 0) == max(versions, default=0)

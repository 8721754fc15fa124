"""The engine's decisions, without servers."""

from collections.abc import Sequence
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from vinculo.messaging import (
    DecidedRecord,
    Decision,
    DecodedRecord,
    Disposition,
    QuarantineReason,
    Resolution,
    StreamState,
    decide,
    decide_all,
    next_state,
)

STREAM = "talk-a"

states = st.builds(
    StreamState,
    last_version=st.integers(0, 4),
    event_id=st.sampled_from([None, UUID(int=0), UUID(int=1)]),
    store_epoch=st.sampled_from([None, 1, 2]),
) | st.builds(
    StreamState,
    last_version=st.integers(0, 4),
    last_dead_lettered_version=st.integers(1, 6),
    reason=st.sampled_from(QuarantineReason),
)


def decoded(
    version: int, number: int, epoch: int | None, problem: QuarantineReason | None, *, gapless: bool
) -> DecodedRecord:
    record = ConsumerRecord("talks", 0, number, 0, 0, None, b"", None, 0, 0, ())
    return DecodedRecord(
        record=record,
        gapless=gapless,
        position=(STREAM, version),
        event_id=UUID(int=number % 3),
        store_epoch=epoch,
        problem=problem,
    )


class Unit:
    def __init__(self, state: StreamState) -> None:
        self._state = state

    def state(self, stream_id: str) -> StreamState:
        assert stream_id == STREAM
        return self._state

    async def commit(
        self, decided: Sequence[DecidedRecord], resolutions: Sequence[Resolution] = ()
    ) -> None:
        raise AssertionError(decided, resolutions)


@given(
    state=states,
    gapless=st.booleans(),
    records=st.lists(
        st.tuples(
            st.integers(1, 6),
            st.integers(0, 9),
            st.sampled_from([None, 1, 2]),
            st.none() | st.sampled_from(QuarantineReason),
        ),
        max_size=8,
    ),
)
def test_the_fast_path_decides_as_the_policy_does(
    *,
    state: StreamState,
    gapless: bool,
    records: list[tuple[int, int, int | None, QuarantineReason | None]],
) -> None:
    batch = [decoded(*each, gapless=gapless) for each in records]

    expected = []
    after = state
    for each in batch:
        decision = decide(each.arrival, after)
        after = next_state(decision, each.arrival, after)
        expected.append((decision, after))

    assert [(each.decision, each.state) for each in decide_all(batch, Unit(state))] == expected


def test_a_record_without_a_stream_is_dead_lettered_unless_it_was_discarded() -> None:
    record = ConsumerRecord("talks", 0, 7, 0, 0, None, b"", None, 0, 0, ())
    unreadable = DecodedRecord(
        record=record, gapless=False, position=None, problem=QuarantineReason.POISON
    )
    batch = [unreadable, unreadable.without_effect()]

    first, second = decide_all(batch, Unit(StreamState()))

    assert first.decision == Decision(Disposition.DEAD_LETTER, QuarantineReason.POISON)
    assert second.decision == Decision(Disposition.IGNORE)

import asyncio

from vinculo.events import (
    StreamPosition,
    current_position,
    record_position,
    track_position,
    untracked_position,
)


async def test_the_last_position_is_recorded_also_by_tasks() -> None:
    async def read() -> None:
        record_position("account-1", 3)

    with track_position() as position:
        assert current_position() == StreamPosition()
        await asyncio.create_task(read())

    assert position == StreamPosition("account-1", 3)


def test_a_stream_that_does_not_exist_is_not_recorded() -> None:
    with track_position() as position:
        record_position("account-1", 2)
        record_position("account-2", 0)

    assert position == StreamPosition("account-1", 2)


def test_nothing_is_recorded_outside() -> None:
    record_position("account-1", 3)

    assert current_position() is None


def test_nested_blocks_are_separate() -> None:
    with track_position() as outer, track_position() as inner:
        record_position("account-1", 1)

    assert (outer, inner) == (StreamPosition(), StreamPosition("account-1", 1))


def test_positions_in_an_untracked_block_are_not_recorded() -> None:
    with track_position() as position:
        record_position("account-1", 1)
        with untracked_position():
            record_position("revocation-1", 5)
        assert current_position() is position

    assert position == StreamPosition("account-1", 1)

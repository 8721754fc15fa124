"""The order in which a load reads the topics of one partition number."""

from collections.abc import Sequence
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition  # type: ignore[import-untyped]

from vinculo.query_api.projector.checkpoints import TopicPartition as Partition
from vinculo.query_api.rebuild.loader import Loader


class FakeConsumer:
    """A consumer of topics with one partition, which returns two records at a time."""

    def __init__(self, times: dict[str, list[int]]) -> None:
        self._records = {
            TopicPartition(topic, 0): [
                ConsumerRecord(topic, 0, offset, at, 0, None, b"", None, 0, 0, ())
                for offset, at in enumerate(moments)
            ]
            for topic, moments in times.items()
        }
        self._positions = dict.fromkeys(self._records, 0)

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        assert set(partitions) <= set(self._records)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._positions[partition] = offset

    async def getmany(
        self, partition: TopicPartition, *, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        assert timeout_ms < max_records
        start = self._positions[partition]
        some = self._records[partition][start : start + 2]
        self._positions[partition] += len(some)
        return {partition: some} if some else {}

    async def position(self, partition: TopicPartition) -> int:
        return self._positions[partition]


class RecordedTimes:
    """The times of applied records; stands for engine and store."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.flushed_after: list[int] = []

    async def apply(self, batch: Sequence[ConsumerRecord]) -> None:
        self.times += [record.timestamp for record in batch]

    async def flush_idle(self) -> None:
        self.flushed_after.append(len(self.times))


async def load(times: dict[str, list[int]], ends: dict[Partition, int]) -> RecordedTimes:
    recorded = RecordedTimes()
    reported: list[tuple[int, int]] = []

    async def report(read: int, total: int) -> None:
        reported.append((read, total))

    stand_in: Any = recorded
    loader = Loader(
        FakeConsumer(times),
        [],
        apply=recorded.apply,
        store=stand_in,
        report=report,
    )
    await loader.read_to(ends)
    assert reported[-1] == (len(recorded.times), sum(ends.values()))
    assert loader.checkpoints == ends
    return recorded


async def test_topics_are_read_in_step_by_the_times_of_their_records() -> None:
    times = {"applications": [10, 11, 20, 21, 30, 31, 40, 41], "loans": [12, 35, 45, 46]}
    recorded = await load(times, {Partition("applications", 0): 8, Partition("loans", 0): 4})

    assert recorded.times == [10, 11, 12, 35, 20, 21, 30, 31, 40, 41, 45, 46]
    assert recorded.flushed_after == [12]


async def test_records_appended_after_the_end_offset_are_not_read() -> None:
    recorded = await load({"one": [1, 2, 3, 4]}, {Partition("one", 0): 3})

    assert recorded.times == [1, 2, 3]


async def test_a_topic_without_records_is_skipped() -> None:
    recorded = await load(
        {"none": [], "one": [5]}, {Partition("none", 0): 0, Partition("one", 0): 1}
    )

    assert recorded.times == [5]

"""The order in which a load reads the topics of one partition number."""

from collections.abc import Sequence
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition  # type: ignore[import-untyped]

from vinculo.query_api.projector.checkpoints import TopicPartition as Place
from vinculo.query_api.rebuild.loader import Loader


class Log:
    """Topics of one partition, as a consumer that gives two records at a time."""

    def __init__(self, times: dict[str, list[int]]) -> None:
        self._records = {
            TopicPartition(topic, 0): [
                ConsumerRecord(topic, 0, offset, at, 0, None, b"", None, 0, 0, ())
                for offset, at in enumerate(moments)
            ]
            for topic, moments in times.items()
        }
        self._positions = dict.fromkeys(self._records, 0)

    def assign(self, places: Sequence[TopicPartition]) -> None:
        assert set(places) <= set(self._records)

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._positions[place] = offset

    async def getmany(
        self, place: TopicPartition, *, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        assert timeout_ms < max_records
        begun = self._positions[place]
        some = self._records[place][begun : begun + 2]
        self._positions[place] += len(some)
        return {place: some} if some else {}

    async def position(self, place: TopicPartition) -> int:
        return self._positions[place]


class Reading:
    """What is read and applied, by the records' times; stands for reader, projection and store."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.rested_after: list[int] = []

    def read(self, record: ConsumerRecord) -> ConsumerRecord:
        return record

    async def apply(self, batch: Sequence[ConsumerRecord], _positions: object) -> None:
        self.times += [record.timestamp for record in batch]

    async def flush_idle(self) -> None:
        self.rested_after.append(len(self.times))


async def loaded(times: dict[str, list[int]], ends: dict[Place, int]) -> Reading:
    reading = Reading()
    told: list[tuple[int, int]] = []

    async def tell(read: int, total: int) -> None:
        told.append((read, total))

    parts: Any = reading
    loader = Loader(Log(times), [], reader=parts, processor=parts, store=parts, report=tell)
    await loader.read_to(ends)
    assert told[-1] == (len(reading.times), sum(ends.values()))
    assert loader.checkpoints == ends
    return reading


async def test_topics_keep_step_by_the_times_of_their_records() -> None:
    times = {"applications": [10, 11, 20, 21, 30, 31, 40, 41], "loans": [12, 35, 45, 46]}
    reading = await loaded(times, {Place("applications", 0): 8, Place("loans", 0): 4})

    assert reading.times == [10, 11, 12, 35, 20, 21, 30, 31, 40, 41, 45, 46]
    assert reading.rested_after == [12]


async def test_what_was_appended_after_the_end_was_looked_up_is_left_for_later() -> None:
    reading = await loaded({"one": [1, 2, 3, 4]}, {Place("one", 0): 3})

    assert reading.times == [1, 2, 3]


async def test_a_topic_without_records_is_passed_by() -> None:
    reading = await loaded({"none": [], "one": [5]}, {Place("none", 0): 0, Place("one", 0): 1})

    assert reading.times == [5]

"""The topic partitions that this worker holds, and up to where each is applied.

Kafka says which; MongoDB says up to where. The offsets committed to Kafka are never read: a read
model that is dropped starts from the log's beginning by itself.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import structlog
from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    ConsumerRebalanceListener,
    ConsumerRecord,
)
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import IllegalStateError, KafkaError  # type: ignore[import-untyped]

from vinculo.query_api.mongo import Collection
from vinculo.query_api.projection.positions import (
    TopicPartition,
    read_positions,
)

log: Final = structlog.get_logger()


class Assignment(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """`take_over` makes this worker the one that moves the positions of topic partitions."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        positions: Collection,
        take_over: Callable[[AbstractSet[TopicPartition]], Awaitable[None]],
    ) -> None:
        self._consumer = consumer
        self._stored = positions
        self._take_over = take_over
        self.applied: dict[TopicPartition, int] = {}

    async def on_partitions_revoked(self, revoked: Iterable[KafkaPartition]) -> None:
        self.forget(TopicPartition(*each) for each in revoked)

    async def on_partitions_assigned(self, assigned: Iterable[KafkaPartition]) -> None:
        """Positions are read by the loop, where a fault of MongoDB is met with a retry."""

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """Have the stored positions read again, from where they are then."""
        for each in list(partitions):
            self.applied.pop(each, None)

    def forget_all(self) -> None:
        self.applied.clear()

    def forget_numbers(self, numbers: Iterable[int]) -> None:
        self.forget(each for number in numbers for each in self._numbered(number))

    async def learn(self) -> None:
        """Read the positions of partitions newly held, and go on from there."""
        new = {TopicPartition(*each) for each in self._consumer.assignment()} - set(self.applied)
        if not new:
            return
        await self._take_over(new)
        positions = await read_positions(self._stored, new)
        ends = await self._ends(new)
        for each, offset in positions.items():
            if offset > ends[each]:
                log.warning("position beyond the log", partition=each.key, offset=offset)
                await self._stored.update_one({"_id": each.key}, {"$set": {"offset": 0}})
                positions[each] = 0
        for each, offset in positions.items():
            if self._seek(each, offset):
                self.applied[each] = offset

    def unapplied(
        self, fetched: Mapping[KafkaPartition, list[ConsumerRecord]]
    ) -> list[ConsumerRecord]:
        """The fetched records that lie beyond the positions, partition after partition."""
        return [
            record for batch in fetched.values() for record in batch if self.is_unapplied(record)
        ]

    def is_unapplied(self, record: ConsumerRecord) -> bool:
        """False also for a partition that this worker holds no longer, or holds anew."""
        position = self.applied.get(TopicPartition(record.topic, record.partition))
        return position is not None and record.offset >= position

    def pause(self, number: int) -> None:
        """Take everything of a partition number back to its position, and fetch no more of it."""
        for each, position in self._numbered(number).items():
            if self._seek(each, position):
                self._consumer.pause(KafkaPartition(*each))

    def resume(self, number: int) -> None:
        for each in self._numbered(number):
            if KafkaPartition(*each) in self._consumer.assignment():
                self._consumer.resume(KafkaPartition(*each))

    async def commit(self, before: Mapping[TopicPartition, int]) -> None:
        """Commit what moved since; a failure is nothing more than a wrong lag for a moment."""
        moved = {
            KafkaPartition(*each): offset
            for each, offset in self.applied.items()
            if before.get(each, offset) != offset
        }
        if not moved:
            return
        try:
            await self._consumer.commit(moved)
        except (KafkaError, IllegalStateError) as error:
            log.warning("offsets not committed", error=type(error).__name__)

    async def lags(self) -> dict[TopicPartition, int]:
        ends = await self._ends(self.applied)
        return {
            each: max(0, ends[each] - position)
            for each, position in self.applied.items()
            if each in ends
        }

    async def _ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        wanted = [KafkaPartition(*each) for each in partitions]
        ends = await self._consumer.end_offsets(wanted) if wanted else {}
        return {TopicPartition(*each): end for each, end in ends.items()}

    def _numbered(self, number: int) -> dict[TopicPartition, int]:
        return {e: position for e, position in self.applied.items() if e.partition == number}

    def _seek(self, each: TopicPartition, offset: int) -> bool:
        """False when the partition was taken away meanwhile."""
        try:
            self._consumer.seek(KafkaPartition(*each), offset)
        except IllegalStateError:
            self.applied.pop(each, None)
            return False
        return True

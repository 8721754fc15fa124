"""Reading the log from its beginning, partition number by partition number, into a generation.

Everything about one person lies in one partition number of every topic, so that while a number is
read its people fit in memory and each document is written about once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord  # type: ignore[import-untyped]
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]

from vinculo.query_api.projection.loading_store import LoadingStore
from vinculo.query_api.projection.positions import TopicPartition
from vinculo.query_api.projection.projection import Projection
from vinculo.query_api.projection.records import Reader

BATCH: Final = 5_000
POLL_MS: Final = 200

Progress = Callable[[int, int], Awaitable[None]]
"""Told how many records are read, of how many."""


class TopicsMissingError(Exception):
    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"Kafka has no topics {', '.join(missing)}")


async def partitions_of(kafka: str, topics: Sequence[str]) -> list[KafkaPartition]:
    """Every partition of the topics; raises TopicsMissingError."""
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    try:
        described = await client.describe_topics(topics)
    finally:
        await client.close()
    if missing := sorted(each["topic"] for each in described if not each["partitions"]):
        raise TopicsMissingError(missing)
    return [
        KafkaPartition(each["topic"], partition["partition"])
        for each in described
        for partition in each["partitions"]
    ]


class SetAsideInMemory:
    """Takes the place of the dead-letter topic while loading: most were healed long ago."""

    def __init__(self) -> None:
        self.records: list[tuple[ConsumerRecord, str]] = []

    async def put(self, record: ConsumerRecord, error: str) -> None:
        self.records.append((record, error))


class Loader:
    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        partitions: Sequence[KafkaPartition],
        *,
        reader: Reader,
        projection: Projection,
        store: LoadingStore,
        progress: Progress,
    ) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self._reader = reader
        self._projection = projection
        self._store = store
        self._progress = progress
        self._read = 0
        self.positions: dict[TopicPartition, int] = {}

    async def ends(self) -> dict[TopicPartition, int]:
        """Where the log ends now, of every partition of every topic."""
        ends = await self._consumer.end_offsets(self._partitions)
        return {TopicPartition(*each): end for each, end in ends.items()}

    async def read_to(self, ends: Mapping[TopicPartition, int]) -> None:
        """Apply everything before these offsets, and after the positions reached so far."""
        for each in ends:
            self.positions.setdefault(each, 0)
        total = self._read + sum(max(0, end - self.positions[e]) for e, end in ends.items())
        for number in sorted({each.partition for each in ends}):
            await self._read_number(
                {e: end for e, end in ends.items() if e.partition == number}, total
            )
            await self._store.rest()

    async def fetch(self, each: TopicPartition, offset: int) -> ConsumerRecord:
        """One record, again."""
        self._consumer.assign([KafkaPartition(*each)])
        self._consumer.seek(KafkaPartition(*each), offset)
        return await self._consumer.getone(KafkaPartition(*each))

    async def _read_number(self, ends: Mapping[TopicPartition, int], total: int) -> None:
        """Go on with the topic whose last record is the oldest, so that all keep step.

        Left to themselves, topics with few records run far ahead: their people would be written
        before most is known of them, and read again when the rest comes.
        """
        left = sorted(each for each, end in ends.items() if self.positions[each] < end)
        self._consumer.assign([KafkaPartition(*each) for each in left])
        for each in left:
            self._consumer.seek(KafkaPartition(*each), self.positions[each])
        last_at = dict.fromkeys(left, 0)
        while left:
            hindmost = min(left, key=last_at.__getitem__)
            fetched = await self._consumer.getmany(
                KafkaPartition(*hindmost), timeout_ms=POLL_MS, max_records=BATCH
            )
            for batch in fetched.values():
                last_at[hindmost] = batch[-1].timestamp
                records = _before(batch, ends[hindmost])
                read = [self._reader.read(record) for record in records]
                await self._projection.apply(read, self.positions)
                self._read += len(records)
            await self._progress(self._read, total)
            if await self._reached(hindmost, ends[hindmost]):
                left.remove(hindmost)

    async def _reached(self, each: TopicPartition, end: int) -> bool:
        """The last offsets may hold no record, so the consumer's own position decides."""
        position = await self._consumer.position(KafkaPartition(*each))
        if position < end:
            return False
        self.positions[each] = end
        return True


def _before(batch: list[ConsumerRecord], end: int) -> list[ConsumerRecord]:
    """Without what was appended after the end was looked up."""
    if batch[-1].offset < end:
        return batch
    return [record for record in batch if record.offset < end]

"""Reads the log from its beginning, one partition number at a time.

Everything about one person is in the same partition number of every topic, so that the people of a
number fit in memory while it is read, and each document is written about once.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord  # type: ignore[import-untyped]
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]

from vinculo.events import utc_now
from vinculo.messaging import (
    Consumer,
    DeadLetter,
    FaultKind,
    PartitionProcessor,
    PendingDeadLetter,
    QuarantineReason,
)
from vinculo.process import run_to_completion
from vinculo.query_api.projector.checkpoints import TopicPartition
from vinculo.query_api.rebuild.bulk_store import BulkStore

MAX_BATCH_RECORDS: Final = 5_000
POLL_MS: Final = 200

Apply = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]
ReportProgress = Callable[[int, int], Awaitable[None]]
"""Called with the number of records read, and of all records."""


class TopicsMissingError(Exception):
    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"Kafka has no topics {', '.join(missing)}")


async def partitions_of(kafka: str, topics: Sequence[str]) -> list[KafkaPartition]:
    """All partitions of the topics.

    Raises:
        TopicsMissingError: a topic does not exist.

    """
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    try:
        described = await client.describe_topics(topics)
    finally:
        await run_to_completion(client.close())
    if missing := sorted(each["topic"] for each in described if not each["partitions"]):
        raise TopicsMissingError(missing)
    return [
        KafkaPartition(each["topic"], partition["partition"])
        for each in described
        for partition in each["partitions"]
    ]


class InMemoryDeadLetters:
    """Dead letters of a load: most were repaired long ago, and are applied at its end."""

    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []

    async def put(
        self, record: ConsumerRecord, reason: QuarantineReason, error: str, attempts: int = 1
    ) -> None:
        self.letters.append(
            DeadLetter(
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                reason=reason,
                error=error,
                attempts=attempts,
                dead_lettered_at=utc_now(),
                record=record,
            )
        )

    def pending(self, consumer: Consumer) -> list[PendingDeadLetter]:
        return [PendingDeadLetter(each, consumer.decode(each.record)) for each in self.letters]

    def remove(self, names: Collection[str]) -> None:
        """Remove resolved dead letters, by name."""
        self.letters = [each for each in self.letters if each.name not in names]


class EngineFeed:
    """Has the engine apply records, until each is applied or dead-lettered."""

    def __init__(self, consumer: Consumer, dead_letters: InMemoryDeadLetters) -> None:
        self._consumer = consumer
        self._processor = PartitionProcessor(
            consumer.checkpoints,
            dead_letters,
            max_tries=consumer.max_tries,
            max_batch_records=MAX_BATCH_RECORDS,
        )

    async def apply(self, records: Sequence[ConsumerRecord]) -> None:
        """Raise errors of servers: then the load as a whole has failed."""
        decoded = [self._consumer.decode(record) for record in records]
        tries = 0
        while True:
            progress = await self._processor.run(decoded)
            if progress.next is None or progress.fault is None:
                return
            kind = self._consumer.checkpoints.fault_kind(progress.fault)
            tries = tries + 1 if progress.next is decoded[0].record else 1
            if kind is FaultKind.SERVER or tries > self._consumer.max_tries:
                raise progress.fault
            done = next(n for n, each in enumerate(decoded) if each.record is progress.next)
            decoded = decoded[done:]


class Loader:
    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        partitions: Sequence[KafkaPartition],
        *,
        apply: Apply,
        store: BulkStore,
        report: ReportProgress,
    ) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self._apply = apply
        self._store = store
        self._report = report
        self._records_read = 0
        self.checkpoints: dict[TopicPartition, int] = {}

    async def ends(self) -> dict[TopicPartition, int]:
        """The current end offsets of all partitions."""
        ends = await self._consumer.end_offsets(self._partitions)
        return {TopicPartition(*each): end for each, end in ends.items()}

    async def read_to(self, ends: Mapping[TopicPartition, int]) -> None:
        """Apply everything between the checkpoints and these offsets."""
        for each in ends:
            self.checkpoints.setdefault(each, 0)
        left = sum(max(0, end - self.checkpoints[each]) for each, end in ends.items())
        total = self._records_read + left
        for number in sorted({each.partition for each in ends}):
            await self._read_number(
                {each: end for each, end in ends.items() if each.partition == number}, total
            )
            await self._store.flush_idle()

    async def fetch(self, each: TopicPartition, offset: int) -> ConsumerRecord:
        """Read one record again."""
        self._consumer.assign([KafkaPartition(*each)])
        self._consumer.seek(KafkaPartition(*each), offset)
        return await self._consumer.getone(KafkaPartition(*each))

    async def _read_number(self, ends: Mapping[TopicPartition, int], total: int) -> None:
        """Read a partition number of all topics, always from the topic that is furthest behind.

        Read evenly, topics with few records would run far ahead: their people would be written
        early, and read again when the rest arrives.
        """
        left = sorted(each for each, end in ends.items() if self.checkpoints[each] < end)
        self._consumer.assign([KafkaPartition(*each) for each in left])
        for each in left:
            self._consumer.seek(KafkaPartition(*each), self.checkpoints[each])
        last_timestamp = dict.fromkeys(left, 0)
        while left:
            hindmost = min(left, key=last_timestamp.__getitem__)
            fetched = await self._consumer.getmany(
                KafkaPartition(*hindmost), timeout_ms=POLL_MS, max_records=MAX_BATCH_RECORDS
            )
            for batch in fetched.values():
                last_timestamp[hindmost] = batch[-1].timestamp
                records = _before(batch, ends[hindmost])
                if records:
                    await self._apply(records)
                    self.checkpoints[hindmost] = records[-1].offset + 1
                    self._records_read += len(records)
            await self._report(self._records_read, total)
            if await self._has_reached(hindmost, ends[hindmost]):
                left.remove(hindmost)

    async def _has_reached(self, each: TopicPartition, end: int) -> bool:
        """The last offsets may hold no record, so the consumer's position decides."""
        position = await self._consumer.position(KafkaPartition(*each))
        if position < end:
            return False
        self.checkpoints[each] = end
        return True


def _before(batch: list[ConsumerRecord], end: int) -> list[ConsumerRecord]:
    """Without records that were appended after the end offset was read."""
    if batch[-1].offset < end:
        return batch
    return [record for record in batch if record.offset < end]

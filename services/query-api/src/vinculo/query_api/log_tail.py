"""How far the read model is behind the log, read from Kafka and not written by the projector.

A projector that has died cannot report that it is behind, and one that has nothing to do should
write nothing. So the readers compare the checkpoints with the ends of the topics themselves, at
most once a second and only while there are requests.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Final, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]

from vinculo.messaging import started

INTERVAL_SECONDS: Final = 1.0
WAIT_SECONDS: Final = 0.5
"""How long a request waits for Kafka; after that it gets the result of an earlier check."""
TIMEOUT_SECONDS: Final = 5.0
POLL_MS: Final = 200
FETCH_BYTES: Final = 64 * 1024

Offsets: TypeAlias = Mapping[TopicPartition, int]
ReadOffsets: TypeAlias = Callable[[], Awaitable[Offsets]]

log: Final = structlog.get_logger()


class LogTail:
    """One check at a time serves all requests. Must be closed."""

    def __init__(self, kafka: str, clock: Callable[[], datetime]) -> None:
        self._kafka = kafka
        self._clock = clock
        self._connection = AsyncExitStack()
        self._consumer: AIOKafkaConsumer | None = None
        self._checking: asyncio.Task[None] | None = None
        self._begun_at = self._ended_at = float("-inf")
        self._as_of: datetime | None = None
        self._times: dict[tuple[TopicPartition, int], datetime] = {}

    async def as_of(self, read_offsets: ReadOffsets) -> datetime | None:
        """The moment up to which all records are applied, as of the last check.

        `read_offsets` gives the next offset to apply of each partition. While Kafka cannot be
        reached the moment stays as it is; it is None if Kafka was never reached.
        """
        now = time.monotonic()
        if self._checking is None and now - self._ended_at >= INTERVAL_SECONDS:
            self._begun_at = now
            self._checking = asyncio.create_task(self._check(read_offsets))
        wait_seconds = self._begun_at + WAIT_SECONDS - now
        if self._checking is not None and wait_seconds > 0:
            await asyncio.wait([self._checking], timeout=wait_seconds)
        return self._as_of

    async def close(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.wait([self._checking])
        await self._stop_consumer()

    async def _check(self, read_offsets: ReadOffsets) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                self._as_of = await self._applied_until(read_offsets)
        except Exception as error:  # noqa: BLE001 - the requests are answered all the same
            log.warning("log-not-read", error=type(error).__name__)
            await self._stop_consumer()
        finally:
            self._ended_at = time.monotonic()
            self._checking = None

    async def _applied_until(self, read_offsets: ReadOffsets) -> datetime:
        """Now, or the time of the oldest record that is not applied."""
        consumer = await self._started_consumer()
        partitions = list(await read_offsets())
        now = self._clock()
        ends = await consumer.end_offsets(partitions) if partitions else {}
        behind = {
            each: offset
            for each, offset in (await read_offsets()).items()
            if offset < ends.get(each, 0)
        }
        return min([now, *(await self._times_of(consumer, behind)).values()])

    async def _times_of(
        self, consumer: AIOKafkaConsumer, records: Offsets
    ) -> dict[TopicPartition, datetime]:
        """The times of these records; those of an earlier check are remembered."""
        self._times = {
            (each, offset): self._times[each, offset]
            for each, offset in records.items()
            if (each, offset) in self._times
        }
        unread = {each for each, offset in records.items() if (each, offset) not in self._times}
        if unread:
            consumer.assign(unread)
            try:
                for each in unread:
                    consumer.seek(each, records[each])
                while unread:
                    fetched = await consumer.getmany(*unread, timeout_ms=POLL_MS)
                    for each, batch in fetched.items():
                        moment = datetime.fromtimestamp(batch[0].timestamp / 1000, UTC)
                        self._times[each, records[each]] = moment
                        unread.discard(each)
            finally:
                consumer.unsubscribe()
        return {each: moment for (each, _), moment in self._times.items()}

    async def _started_consumer(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._kafka,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=FETCH_BYTES,
            )
            self._consumer = await self._connection.enter_async_context(started(consumer))
        return self._consumer

    async def _stop_consumer(self) -> None:
        self._consumer = None
        await self._connection.aclose()

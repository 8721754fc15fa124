"""Reads a topic whole and follows it, without a consumer group: every process has all records.

For topics that are short-lived and small, and whose effect is in memory only.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from vinculo.messaging.kafka_consumer import no_stray_cancellation, started
from vinculo.process import Backoff

CHECK_SECONDS: Final = 5.0
TIMEOUT_SECONDS: Final = 10.0
"""How long Kafka may take for an answer; longer, and the reader connects again."""
HUNG_SECONDS: Final = 30.0
"""No step of a working connection takes longer."""
STOP_SECONDS: Final = 3.0
POLL_SECONDS: Final = 1.0
MAX_METADATA_AGE_MS: Final = 30_000
REQUEST_TIMEOUT_MS: Final = 3_000
"""Also how long a missing topic is waited for before the reader connects again."""
BACKOFF: Final = Backoff(initial_seconds=0.2, max_seconds=5.0)

Apply: TypeAlias = Callable[[ConsumerRecord], None]

log: Final = structlog.get_logger()


class TopicReaderMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.current = Gauge(
            "vinculo_topic_reader_current",
            "1 while this process has read the topic to its end; checked every five seconds.",
            ("topic",),
            registry=registry,
        )
        self.failures = Counter(
            "vinculo_topic_reader_failures",
            "Connections that the reader gave up, to connect again.",
            ("topic",),
            registry=registry,
        )


@cache
def topic_reader_metrics(registry: CollectorRegistry = REGISTRY) -> TopicReaderMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return TopicReaderMetrics(registry)


class TopicReader:
    """Calls `apply` with every record of the topic, in order of each partition.

    After a lost connection the topic is read again from the beginning, so `apply` must be
    idempotent. It must not raise: a record that it cannot apply would be read without end.
    """

    def __init__(
        self, kafka: str, topic: str, apply: Apply, *, registry: CollectorRegistry = REGISTRY
    ) -> None:
        self._kafka = kafka
        self._topic = topic
        self._apply = apply
        self._current = asyncio.Event()
        self._stepped_at = 0.0
        metrics = topic_reader_metrics(registry)
        self._gauge = metrics.current.labels(topic)
        self._failures = metrics.failures.labels(topic)

    @property
    def is_current(self) -> bool:
        """Whether the topic was read to its end at the last check."""
        return self._current.is_set()

    async def wait_until_current(self, timeout_seconds: float) -> bool:
        """Wait until the topic is read to its end; False if that takes longer."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._current.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Read until cancelled."""
        failures = 0
        while True:
            try:
                await self._read_until_hung()
            except Exception as error:  # noqa: BLE001 - any error is retried with a new connection
                failures = 0 if self.is_current else failures + 1
                self._set_current(is_current=False)
                self._failures.inc()
                log.warning("topic-not-read", topic=self._topic, error=type(error).__name__)
                await asyncio.sleep(BACKOFF.delay_seconds(failures))

    async def _read_until_hung(self) -> None:
        """Read until an error, in a task of its own.

        aiokafka may wait without end for a connection that it lost, also while it stops.

        Raises:
            TimeoutError: nothing has happened for `HUNG_SECONDS`.

        """
        clock = asyncio.get_running_loop().time
        self._stepped_at = clock()
        reading = asyncio.ensure_future(self._read())
        try:
            while (remaining := self._stepped_at + HUNG_SECONDS - clock()) > 0:
                await asyncio.wait([reading], timeout=remaining)
                if reading.done():
                    return reading.result()
            raise TimeoutError
        finally:
            reading.cancel()
            await asyncio.wait([reading], timeout=STOP_SECONDS)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            self._topic,
            bootstrap_servers=self._kafka,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=MAX_METADATA_AGE_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        with no_stray_cancellation():
            async with started(consumer):
                await self._read_and_follow(consumer)

    async def _read_and_follow(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            await self._read_to_end(consumer)
            self._set_current(is_current=True)
            await self._follow(consumer)

    async def _read_to_end(self, consumer: AIOKafkaConsumer) -> None:
        """Read up to the present end of each partition.

        Raises:
            TimeoutError: Kafka does not answer, or no record comes.
            LookupError: no partition is assigned, as after an answer of Kafka without the topic.

        """
        clock = asyncio.get_running_loop().time
        partitions = list(consumer.assignment())
        if not partitions:
            raise LookupError(self._topic)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            ends = await consumer.end_offsets(partitions)
        read_at = clock()
        while await _is_behind(consumer, ends):
            if await self._apply_next(consumer, POLL_SECONDS):
                read_at = clock()
            elif clock() - read_at > TIMEOUT_SECONDS:
                raise TimeoutError

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        """Apply what comes in the next `CHECK_SECONDS`."""
        clock = asyncio.get_running_loop().time
        until = clock() + CHECK_SECONDS
        while (remaining := until - clock()) > 0:
            await self._apply_next(consumer, remaining)

    async def _apply_next(self, consumer: AIOKafkaConsumer, wait_seconds: float) -> int:
        fetched = await consumer.getmany(timeout_ms=max(1, int(wait_seconds * 1000)))
        self._stepped_at = asyncio.get_running_loop().time()
        for records in fetched.values():
            for record in records:
                self._apply(record)
        return sum(map(len, fetched.values()))

    def _set_current(self, *, is_current: bool) -> None:
        if is_current:
            self._current.set()
        else:
            self._current.clear()
        self._gauge.set(int(is_current))


async def _is_behind(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    async with asyncio.timeout(TIMEOUT_SECONDS):
        for partition, end in ends.items():
            if await consumer.position(partition) < end:
                return True
    return False

"""Writes and reads the dead-letter topic of a consumer group."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog
from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRecord,
    TopicPartition,
)
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from vinculo.messaging.checkpoints import LetterKey
from vinculo.messaging.consumer import letter_key
from vinculo.messaging.decoding import headers_of, subject_of
from vinculo.messaging.kafka_consumer import started
from vinculo.messaging.log_positions import partition_counts
from vinculo.messaging.ordering_policy import QuarantineReason
from vinculo.process import run_to_completion

PUT_TIMEOUT_SECONDS: Final = 20.0
STOP_TIMEOUT_SECONDS: Final = 1.0
READ_TIMEOUT_MS: Final = 500
MAX_REQUEST_BYTES: Final = 4 * 1024 * 1024
"""More than the largest record of a topic, because a dead letter has additional headers."""
HEADER_PREFIX: Final = "x-dlq-"

log = structlog.get_logger()


def dead_letter_topic(group: str) -> str:
    return f"{group}.dead-letters"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """`record` is the original record; topic, partition and offset are its own.

    `reason` is None in dead letters of older versions of the code.
    """

    topic: str
    partition: int
    offset: int
    reason: QuarantineReason | None
    error: str
    attempts: int
    dead_lettered_at: datetime
    record: ConsumerRecord

    @property
    def name(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def key(self) -> LetterKey:
        return letter_key(self.record)

    @property
    def subject(self) -> UUID | None:
        """The person that the record is about; None if it does not tell."""
        return subject_of(self.record)

    @property
    def source(self) -> str:
        """The service or system that published the record, as it names itself."""
        return headers_of(self.record).get("ce_source", "")

    @property
    def type(self) -> str:
        """The event type, as the record names it."""
        return headers_of(self.record).get("ce_type", "")


class DeadLetters:
    """Writes the dead letters of one consumer group."""

    def __init__(self, kafka: str, group: str) -> None:
        self._kafka = kafka
        self._topic = dead_letter_topic(group)
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def put(
        self, record: ConsumerRecord, reason: QuarantineReason, error: str, attempts: int = 1
    ) -> None:
        """Write the record, its headers unchanged, and return after Kafka has acknowledged it.

        Errors of Kafka are raised; the caller must not skip the record then.
        """
        headers = [
            (f"{HEADER_PREFIX}topic", record.topic.encode()),
            (f"{HEADER_PREFIX}partition", b"%d" % record.partition),
            (f"{HEADER_PREFIX}offset", b"%d" % record.offset),
            (f"{HEADER_PREFIX}reason", reason.encode()),
            (f"{HEADER_PREFIX}error", error.encode()),
            (f"{HEADER_PREFIX}attempts", b"%d" % attempts),
            *(record.headers or ()),
        ]
        async with self._lock:
            try:
                async with asyncio.timeout(PUT_TIMEOUT_SECONDS):
                    producer = await self._started_producer()
                    await producer.send_and_wait(
                        self._topic, value=record.value, key=record.key, headers=headers
                    )
            except BaseException:
                await self._discard_producer()
                raise

    async def close(self) -> None:
        async with self._lock:
            await self._discard_producer()

    async def _started_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self._kafka,
                enable_idempotence=True,
                acks="all",
                max_request_size=MAX_REQUEST_BYTES,
            )
            await self._producer.start()
        return self._producer

    async def _discard_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            await run_to_completion(producer.stop(), timeout_seconds=STOP_TIMEOUT_SECONDS)
        except (TimeoutError, KafkaError) as error:
            log.warning("producer-not-stopped", error=type(error).__name__)


class TopicMissing(LookupError):
    """The dead-letter topic of a group does not exist."""


async def read_dead_letters(kafka: str, group: str) -> list[DeadLetter]:
    """All readable dead letters of the group up to now, by partition and offset."""
    try:
        records = await read_dead_letter_records(kafka, group)
    except TopicMissing:
        return []
    decoded = (decode_dead_letter(record) for record in records)
    return [dead_letter for dead_letter in decoded if dead_letter is not None]


async def read_dead_letter_records(kafka: str, group: str) -> list[ConsumerRecord]:
    """All records of the group's dead-letter topic up to now, by partition and offset.

    Raises:
        TopicMissing: there is no such topic.

    """
    topic = dead_letter_topic(group)
    count = (await partition_counts(kafka, {topic})).get(topic)
    if count is None:  # a consumer of it would ask for it again and again
        raise TopicMissing(f"there is no topic {topic}")
    partitions = [TopicPartition(topic, number) for number in range(count)]
    # With its topic it connects while it starts, which is completed even when cancelled.
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    async with started(consumer):
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        unread = {partition for partition, end in ends.items() if end > starts[partition]}
        records: list[ConsumerRecord] = []
        while unread:
            batches = await consumer.getmany(timeout_ms=READ_TIMEOUT_MS)
            for partition, batch in batches.items():
                records.extend(batch)
                if await consumer.position(partition) >= ends[partition]:
                    unread.discard(partition)
    records.sort(key=lambda record: (record.partition, record.offset))
    return records


def decode_dead_letter(record: ConsumerRecord) -> DeadLetter | None:
    """The dead letter in a record of a dead-letter topic; None if it cannot be read."""
    headers = headers_of(record)
    try:
        topic = headers["x-dlq-topic"]
        partition, offset = int(headers["x-dlq-partition"]), int(headers["x-dlq-offset"])
        attempts = int(headers["x-dlq-attempts"])
        reason = QuarantineReason(headers["x-dlq-reason"]) if "x-dlq-reason" in headers else None
    except (KeyError, ValueError):
        log.warning(
            "dead-letter-unreadable",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
        )
        return None
    original = ConsumerRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=record.timestamp,
        timestamp_type=record.timestamp_type,
        key=record.key,
        value=record.value,
        checksum=None,
        serialized_key_size=record.serialized_key_size,
        serialized_value_size=record.serialized_value_size,
        headers=tuple((n, v) for n, v in record.headers if not n.startswith(HEADER_PREFIX)),
    )
    return DeadLetter(
        topic=topic,
        partition=partition,
        offset=offset,
        reason=reason,
        error=headers.get("x-dlq-error", ""),
        attempts=attempts,
        dead_lettered_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        record=original,
    )

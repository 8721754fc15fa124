"""The FastStream broker of a consumer: one batch subscriber with manual commits.

No other module imports FastStream, which is slow to load.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import chain
from typing import Any, TypeAlias

import structlog
from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    ConsumerRebalanceListener,
    ConsumerRecord,
    TopicPartition,
)
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from vinculo.messaging.consumer import Consumer
from vinculo.messaging.kafka_consumer import no_stray_cancellation
from vinculo.process import run_to_completion

MAX_BATCH_RECORDS = 1000
WAIT_MS = 60_000
MAX_METADATA_AGE_MS = 5_000
MAX_HEARTBEAT_INTERVAL_MS = 3_000
GRACEFUL_TIMEOUT_SECONDS = 2.0
STOP_TIMEOUT_SECONDS = 3.5

ReceiveBatch: TypeAlias = Callable[[Sequence[ConsumerRecord], Any], Awaitable[None]]
"""Processes records with the aiokafka consumer that fetched them."""

log = structlog.get_logger()


def consumer_broker(
    consumer: Consumer,
    receive_batch: ReceiveBatch,
    *,
    on_poll: Callable[[Any], None],
    on_revoked: Callable[[Iterable[TopicPartition]], None],
) -> KafkaBroker:
    """The broker of the consumer, not started.

    `on_poll` gets the aiokafka consumer of each poll, and `on_revoked` the partitions that are
    assigned anew, to this consumer or to another one.

    Topics are not created automatically: they would have the broker's default number of partitions.
    Offsets are committed manually: the default policy commits before the effect, and a crash in
    between would lose records.
    """
    broker = KafkaBroker(
        consumer.kafka,
        client_id=consumer.group,
        allow_auto_create_topics=False,
        consumer_only=True,
        ack_policy=AckPolicy.MANUAL,
        apply_types=False,
        metadata_max_age_ms=MAX_METADATA_AGE_MS,
        graceful_timeout=GRACEFUL_TIMEOUT_SECONDS,
        logger=None,
    )
    subscriber = broker.subscriber(
        *(source.topic for source in consumer.sources),
        group_id=consumer.group,
        batch=True,
        max_records=MAX_BATCH_RECORDS,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        session_timeout_ms=consumer.session_timeout_ms,
        heartbeat_interval_ms=min(MAX_HEARTBEAT_INTERVAL_MS, consumer.session_timeout_ms // 3),
        listener=_RebalanceListener(on_revoked),
        parser=_parse_without_headers,
        decoder=_message_itself,
        include_in_schema=False,
    )

    async def next_batch(consumer: AIOKafkaConsumer) -> tuple[ConsumerRecord, ...]:
        on_poll(consumer)
        return await _next_batch(consumer)

    subscriber.get_msg = next_batch  # type: ignore[method-assign]  # its own sleeps

    @subscriber
    async def receive(message: KafkaMessage) -> None:
        await receive_batch(message.raw_message, message.consumer)

    return broker


class _RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    def __init__(self, on_revoked: Callable[[Iterable[TopicPartition]], None]) -> None:
        self._on_revoked = on_revoked

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._on_revoked(revoked)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        pass


async def _next_batch(consumer: AIOKafkaConsumer) -> tuple[ConsumerRecord, ...]:
    """Wait for records: they are returned when they arrive.

    FastStream's own method sleeps after an empty fetch, so that records wait for its end.
    """
    while True:
        with no_stray_cancellation():
            fetched = await consumer.getmany(timeout_ms=WAIT_MS, max_records=MAX_BATCH_RECORDS)
        if fetched:
            return tuple(chain.from_iterable(fetched.values()))


async def stop_broker(broker: KafkaBroker) -> None:
    """Leave the group, within a time limit: with Kafka unreachable it may never end."""
    try:
        await run_to_completion(broker.stop(), timeout_seconds=STOP_TIMEOUT_SECONDS)
    except (TimeoutError, KafkaError) as error:
        log.warning("consumer-not-stopped", error=type(error).__name__)


async def _parse_without_headers(
    records: tuple[ConsumerRecord, ...],
    original: Callable[[tuple[ConsumerRecord, ...]], Awaitable[KafkaMessage]],
) -> KafkaMessage:
    """Hide the headers from FastStream's parser.

    It decodes every header and raises on a null or non-UTF-8 one before any handler is called, so
    the records would be skipped silently.
    """
    first = records[0]
    bare = ConsumerRecord(
        topic=first.topic,
        partition=first.partition,
        offset=first.offset,
        timestamp=first.timestamp,
        timestamp_type=first.timestamp_type,
        key=None,
        value=b"",
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=(),
    )
    message = await original((bare,))
    message.raw_message = records
    return message


async def _message_itself(message: KafkaMessage, original: object) -> KafkaMessage:  # noqa: ARG001 - as FastStream calls it
    """The subscriber gets what the decoder returns, because its annotations are not evaluated."""
    return message

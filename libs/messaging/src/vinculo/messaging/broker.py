"""The FastStream broker of one consumer, with its one batch subscriber."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from vinculo.messaging.consumer import Consumer
from vinculo.messaging.subscription import Subscription

BATCH = 1000
POLL_MS = 20
METADATA_MAX_AGE_MS = 5_000
FINISH_TIMEOUT_SECONDS = 2.0
STOP_TIMEOUT_SECONDS = 3.5

log = structlog.get_logger()


def consumer_broker(consumer: Consumer, subscription: Subscription) -> KafkaBroker:
    """Give the broker with its one subscriber.

    Topics are never made by whoever comes first: they would have the broker's default partitions.
    The default acknowledgement policy commits before the effect and loses records in a crash.
    """
    broker = KafkaBroker(
        consumer.kafka,
        client_id=consumer.group,
        allow_auto_create_topics=False,
        consumer_only=True,
        ack_policy=AckPolicy.MANUAL,
        metadata_max_age_ms=METADATA_MAX_AGE_MS,
        graceful_timeout=FINISH_TIMEOUT_SECONDS,
        logger=None,
    )
    subscriber = broker.subscriber(
        *(source.topic for source in consumer.sources),
        group_id=consumer.group,
        batch=True,
        max_records=BATCH,
        batch_timeout_ms=POLL_MS,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        session_timeout_ms=consumer.session_timeout_ms,
        heartbeat_interval_ms=min(3_000, consumer.session_timeout_ms // 3),
        parser=_parse_without_headers,
        decoder=_leave_undecoded,
        include_in_schema=False,
    )

    @subscriber
    async def receive(message: KafkaMessage) -> None:
        await subscription.receive(message.raw_message, message.consumer)

    return broker


async def stop(broker: KafkaBroker) -> None:
    """Leave the group, but not at any price: with Kafka away that may take for ever."""
    try:
        async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
            await broker.stop()
    except (TimeoutError, KafkaError) as error:
        log.warning("consumer-not-stopped", error=type(error).__name__)


async def _parse_without_headers(
    records: tuple[ConsumerRecord, ...],
    original: Callable[[tuple[ConsumerRecord, ...]], Awaitable[KafkaMessage]],
) -> KafkaMessage:
    """Keep headers from FastStream's own parser.

    It decodes every header and raises on a null or non-UTF-8 one before any handler is called; the
    records would be passed over silently.
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


async def _leave_undecoded(message: KafkaMessage, original: object) -> None:  # noqa: ARG001 - as FastStream calls it
    return None

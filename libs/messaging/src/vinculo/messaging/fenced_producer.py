"""Producers of which only the newest can write: a deposed relay's late records are refused.

Kafka gives every producer that starts with a transactional id the same producer id and a higher
epoch, and a partition refuses records of an epoch below one that it has seen. Only that is used
here, no transactions: records are sent as by any idempotent producer, without markers in the log.
"""

import asyncio
import contextlib
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from vinculo.process import run_to_completion

STOP_TIMEOUT_SECONDS: Final = 2.0
MAX_BATCH_BYTES: Final = 512 * 1024
REQUEST_TIMEOUT_MS: Final = 10_000

log = structlog.get_logger()


async def start_fenced_producer(kafka: str, transactional_id: str) -> AIOKafkaProducer:
    """Start a producer; earlier ones with this id are refused where it has written.

    A late record of an earlier producer can only be stored before the first record of the new one
    in its partition, as if it had not been late. The earlier producer's sends raise ProducerFenced.
    """
    identity = await _begin_epoch(kafka, transactional_id)
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=MAX_BATCH_BYTES,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )
    _state(producer).set_pid_and_epoch(*identity)
    return await _started(producer)


async def stop_producer(producer: AIOKafkaProducer) -> None:
    """Stop the producer, within a time limit: with Kafka unreachable `stop` may never end."""
    try:
        await run_to_completion(producer.stop(), timeout_seconds=STOP_TIMEOUT_SECONDS)
    except (TimeoutError, KafkaError) as error:
        log.warning("producer-not-stopped", error=type(error).__name__)


async def _begin_epoch(kafka: str, transactional_id: str) -> tuple[int, int]:
    """The producer id of this transactional id, and its new epoch."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        transactional_id=transactional_id,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )
    await _started(producer)
    try:
        return _state(producer).producer_id, _state(producer).producer_epoch
    finally:
        await stop_producer(producer)


async def _started(producer: AIOKafkaProducer) -> AIOKafkaProducer:
    """Start it; one that is cancelled meanwhile is stopped after its start has ended.

    aiokafka would leave a connection of a cancelled start open.
    """
    starting = asyncio.ensure_future(producer.start())
    try:
        await asyncio.shield(starting)
    except BaseException:
        with contextlib.suppress(TimeoutError):
            await run_to_completion(asyncio.wait([starting]), timeout_seconds=STOP_TIMEOUT_SECONDS)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await stop_producer(producer)
        raise
    return producer


def _state(producer: AIOKafkaProducer) -> Any:  # noqa: ANN401 - aiokafka is untyped
    """Where aiokafka keeps producer id and epoch; it has no public access to them."""
    return producer._txn_manager  # noqa: SLF001 - see above

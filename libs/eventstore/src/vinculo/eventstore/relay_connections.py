"""The relay's two ends: a connection that outlives no dead host, a producer that loses nothing."""

import asyncio
import logging
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

STOP_TIMEOUT_SECONDS = 2.0

log = logging.getLogger(__name__)


async def connect(url: str) -> "asyncpg.Connection[Any]":
    connection: asyncpg.Connection[Any] = await asyncpg.connect(
        url,
        timeout=10,
        command_timeout=30,
        server_settings={
            "application_name": "vinculo-relay",
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "2",
            "tcp_keepalives_count": "3",
            "client_connection_check_interval": "2s",
            # What is deleted but not yet on the disk when the server dies is published once more.
            "synchronous_commit": "off",
            # Before the first statistics a planner would read all events to join a thousand.
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
        },
    )
    try:
        await connection.set_type_codec(
            "jsonb",
            schema="pg_catalog",
            encoder=lambda value: b"\x01" + orjson.dumps(value),
            decoder=lambda raw: orjson.loads(raw[1:]),
            format="binary",
        )
    except BaseException:
        connection.terminate()
        raise
    return connection


async def close(connection: "asyncpg.Connection[Any]") -> None:
    try:
        await connection.close(timeout=STOP_TIMEOUT_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


async def new_producer(kafka: str) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=512 * 1024,
        request_timeout_ms=10_000,
    )
    try:
        await producer.start()
    except BaseException:
        await stop(producer)
        raise
    return producer


async def stop(producer: AIOKafkaProducer) -> None:
    """Give up on a producer; with the broker gone its own `stop` may wait for ever."""
    try:
        async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
            await producer.stop()
    except (TimeoutError, KafkaError) as error:
        log.warning("producer did not stop", extra={"error": type(error).__name__})

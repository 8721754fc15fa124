"""Where a secret could have been written down: logs, metrics, topics, tables."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import httpx2
from aiokafka import AIOKafkaConsumer, ConsumerRecord  # type: ignore[import-untyped]
from aiokafka.structs import TopicPartition  # type: ignore[import-untyped]

from vinculo.contracts import topics
from vinculo.local.services import DATABASES, SERVICE_PROCESSES
from vinculo.local.system import System

Written = list[tuple[str, bytes | str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """What every topic of the system holds; of values, those that are to be looked at."""

    keys_and_headers: Written
    values: Written


def logs_of(system: System) -> Written:
    return [(path.name, path.read_bytes()) for path in system.logs()]


async def metrics_of(system: System) -> Written:
    found: Written = []
    async with httpx2.AsyncClient(timeout=20) as client:
        for process in SERVICE_PROCESSES:
            answer = await client.get(f"{system.process_url(process.name)}/metrics")
            answer.raise_for_status()
            found.append((f"{process.name} /metrics", answer.content))
    return found


async def topics_of(system: System) -> Topics:
    keys_and_headers: Written = []
    values: Written = []
    async for record in _records(system):
        place = f"{record.topic}/{record.partition}/{record.offset}"
        keys_and_headers.append((f"{place} key", record.key or b""))
        keys_and_headers.extend(
            (f"{place} {name}", name.encode() + b"=" + value) for name, value in record.headers
        )
        values.append((place, record.value or b""))
    return Topics(keys_and_headers=keys_and_headers, values=values)


async def tables_of(system: System) -> Written:
    """Every row of every table of every service's database."""
    found: Written = []
    for variable in DATABASES:
        database = await asyncpg.connect(system.environment[variable])
        try:
            tables = await database.fetch(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            )
            for (table,) in tables:
                rows = await database.fetch(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - its own names
                found.extend((f"{variable} {table}", row[0]) for row in rows)
        finally:
            await database.close()
    return found


async def _records(system: System) -> AsyncIterator[ConsumerRecord]:
    consumer = AIOKafkaConsumer(bootstrap_servers=system.environment["VINCULO_KAFKA"])
    await consumer.start()
    try:
        prefix = system.environment["VINCULO_TOPIC_PREFIX"]
        partitions = [
            TopicPartition(f"{prefix}{topic}", number)
            for topic in (*topics.TOPICS, *map(topics.dead_letters, topics.CONSUMER_GROUPS))
            for number in range(topics.PARTITIONS)
        ]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(each) < ends[each] for each in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()

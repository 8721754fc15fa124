"""Where plain text could leak: the contents of logs, metrics, topics and tables."""

from dataclasses import dataclass

import httpx2
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.contracts import topics
from vinculo.local.services import DATABASES, SERVICE_PROCESSES
from vinculo.local.system import System
from vinculo.testing.databases import connected
from vinculo.testing.topics import read_topics

Contents = list[tuple[str, bytes | str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicContents:
    """The contents of all topics of the system."""

    keys_and_headers: Contents
    values: Contents


def logs_of(system: System) -> Contents:
    return [(path.name, path.read_bytes()) for path in system.logs()]


async def metrics_of(system: System) -> list[tuple[str, str]]:
    found = []
    async with httpx2.AsyncClient(timeout=30) as client:
        for process in SERVICE_PROCESSES:
            response = await client.get(f"{system.process_url(process.name)}/metrics")
            response.raise_for_status()
            found.append((f"{process.name} /metrics", response.text))
    return found


async def topics_of(system: System) -> TopicContents:
    keys_and_headers: Contents = []
    values: Contents = []
    for record in await _records(system):
        position = f"{record.topic}/{record.partition}/{record.offset}"
        keys_and_headers.append((f"{position} key", record.key or b""))
        keys_and_headers.extend(
            (f"{position} {name}", name.encode() + b"=" + value) for name, value in record.headers
        )
        values.append((position, record.value or b""))
    return TopicContents(keys_and_headers=keys_and_headers, values=values)


async def tables_of(system: System) -> Contents:
    """All rows of all tables in the services' databases."""
    found: Contents = []
    for variable in DATABASES:
        async with connected(system.environment[variable]) as database:
            tables = await database.fetch(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            )
            for (table,) in tables:
                rows = await database.fetch(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - names from the catalogue
                found.extend((f"{variable} {table}", row[0]) for row in rows)
    return found


async def _records(system: System) -> list[ConsumerRecord]:
    prefix = system.environment["VINCULO_TOPIC_PREFIX"]
    names = (*topics.TOPICS, *map(topics.dead_letters, topics.CONSUMER_GROUPS))
    return await read_topics(
        system.environment["VINCULO_KAFKA"], *(f"{prefix}{name}" for name in names)
    )

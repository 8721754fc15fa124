"""What each process needs before it can do its work."""

from collections.abc import Awaitable, Callable, Collection

from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.documents.tables import people_access

Check = Callable[[], Awaitable[None]]


def database_check(engine: AsyncEngine) -> Check:
    async def database() -> None:
        async with engine.connect() as connection:
            await connection.execute(select(people_access.c.person_id).limit(0))

    return database


def keyring_check(engine: AsyncEngine) -> Check:
    async def keyring() -> None:
        async with engine.connect() as connection:
            await connection.exec_driver_sql("SELECT subject FROM keys LIMIT 0")

    return keyring


def kafka_check(address: str, needed: Collection[str]) -> Check:
    async def kafka() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=1500)
        try:
            await client.start()
            missing = set(needed) - set(await client.list_topics())
        finally:
            await client.close()
        if missing:
            raise LookupError(f"no topics {', '.join(sorted(missing))}")

    return kafka

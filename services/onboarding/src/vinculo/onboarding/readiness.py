"""What each process needs before it can do its work."""

from collections.abc import Awaitable, Callable, Collection

from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.onboarding.tables import accounts

Check = Callable[[], Awaitable[None]]

KEYRING_QUERY = "SELECT subject FROM keys LIMIT 0"
KAFKA_TIMEOUT_MS = 1500


def database_check(engine: AsyncEngine) -> Check:
    async def database() -> None:
        async with engine.connect() as connection:
            await connection.execute(select(accounts.c.person_id).limit(0))

    return database


def keyring_check(engine: AsyncEngine) -> Check:
    async def keyring() -> None:
        async with engine.connect() as connection:
            await connection.exec_driver_sql(KEYRING_QUERY)

    return keyring


def kafka_check(address: str, needed: Collection[str]) -> Check:
    async def kafka() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=KAFKA_TIMEOUT_MS)
        try:
            await client.start()
            missing = set(needed) - set(await client.list_topics())
        finally:
            await client.close()
        if missing:
            raise LookupError(f"no topics {', '.join(sorted(missing))}")

    return kafka

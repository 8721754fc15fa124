"""Whether Kafka answers and has the topics that a process needs."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]

REQUEST_TIMEOUT_MS: Final = 1500


def topics_check(kafka: str, needed: Collection[str]) -> Callable[[], Awaitable[None]]:
    """A readiness check; raises LookupError naming the topics that are not there."""

    async def check() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=REQUEST_TIMEOUT_MS)
        try:
            await client.start()
            missing = set(needed) - set(await client.list_topics())
        finally:
            await client.close()
        if missing:
            raise LookupError(f"no topics {', '.join(sorted(missing))}")

    return check

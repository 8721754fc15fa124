"""Creates all topics: those of services and credit systems, and a dead-letter topic per group."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.admin import (  # type: ignore[import-untyped] # it has no types
    AIOKafkaAdminClient,
    NewTopic,
)
from aiokafka.errors import (  # type: ignore[import-untyped] # it has no types
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)

from vinculo.contracts.topics import (
    ACCESS_REVOCATIONS,
    CONSUMER_GROUPS,
    TOPICS,
    dead_letters,
)

STARTUP_TIMEOUT_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 0.5

UNLIMITED_RETENTION: Final[Mapping[str, str]] = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
}
REVOCATION_RETENTION: Final[Mapping[str, str]] = {
    "cleanup.policy": "delete",
    "retention.ms": str(24 * 60 * 60 * 1000),
    "retention.bytes": "-1",
    "segment.ms": str(60 * 60 * 1000),
}
"""A revocation outlives every access token. Segments are short, or old ones would be kept."""
MAX_DEAD_LETTER_BYTES: Final = 2 * 1024 * 1024
"""A dead letter is the original record, at most the source topic's limit (by default 1 MiB), plus
headers with the reason. With the same limit the largest record could not be dead-lettered, and its
partition would be blocked."""


class TopicsRefused(Exception):
    """The topics cannot be created as configured; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the topics are laid out on the brokers; `prefix` is put before every name."""

    partitions: int
    replication: int
    prefix: str = ""

    def names(self) -> list[str]:
        return list(self.topics())

    def topics(self) -> dict[str, dict[str, str]]:
        """The configuration of every topic, by its full name."""
        replicated = (
            {"min.insync.replicas": str(self.replication - 1)} if self.replication > 1 else {}
        )
        settings = {**UNLIMITED_RETENTION, **replicated}
        larger = {**settings, "max.message.bytes": str(MAX_DEAD_LETTER_BYTES)}
        return {
            **{self.prefix + name: settings for name in TOPICS},
            self.prefix + ACCESS_REVOCATIONS: {**REVOCATION_RETENTION, **replicated},
            **{self.prefix + dead_letters(group): larger for group in CONSUMER_GROUPS},
        }


async def create_topics(
    kafka: str, layout: Layout, *, startup_timeout_seconds: float = STARTUP_TIMEOUT_SECONDS
) -> list[str]:
    """Create the missing topics and return their names. Idempotent; waits for Kafka to start.

    Raises:
        TopicsRefused: a topic has another number of partitions. Changing it would move later
            events of a person to another partition, where their order is lost.

    """
    admin = await _connect(kafka, startup_timeout_seconds)
    try:
        existing = await _partition_counts(admin)
        _refuse_other_counts(existing, layout)
        missing = [name for name in layout.names() if name not in existing]
        created = await _create(admin, missing, layout) if missing else []
        await _wait_until_visible(admin, layout, startup_timeout_seconds)
        return created
    finally:
        await admin.close()


async def _connect(kafka: str, timeout_seconds: float) -> AIOKafkaAdminClient:
    clock = asyncio.get_running_loop().time
    deadline = clock() + timeout_seconds
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        try:
            await admin.start()
        except (KafkaError, OSError, TimeoutError):
            await admin.close()
            if clock() >= deadline:
                raise TopicsRefused(f"no Kafka at {kafka}") from None
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return admin


async def _partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    described: list[dict[str, Any]] = await admin.describe_topics()
    return {topic["topic"]: len(topic["partitions"]) for topic in described}


def _refuse_other_counts(existing: Mapping[str, int], layout: Layout) -> None:
    wrong = [
        f"{name} has {existing[name]}"
        for name in layout.names()
        if name in existing and existing[name] != layout.partitions
    ]
    if wrong:
        raise TopicsRefused(
            f"{', '.join(wrong)} partitions, not {layout.partitions}; partitions never change"
        )


async def _create(admin: AIOKafkaAdminClient, names: list[str], layout: Layout) -> list[str]:
    """Create the topics; the names of those that no other process has created meanwhile."""
    topics = layout.topics()
    response = await admin.create_topics(
        [
            NewTopic(name, layout.partitions, layout.replication, topic_configs=topics[name])
            for name in names
        ]
    )
    created = []
    for name, code, *message in response.topic_errors:
        error = for_code(code)
        if not code:
            created.append(name)
        elif error is not TopicAlreadyExistsError:
            reason = message[0] if message and message[0] else error.__name__
            raise TopicsRefused(f"{name}: {reason}")
    return created


async def _wait_until_visible(
    admin: AIOKafkaAdminClient, layout: Layout, timeout_seconds: float
) -> None:
    """Wait until every broker knows the created topics."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + timeout_seconds
    while not set(layout.names()) <= set(existing := await _partition_counts(admin)):
        if clock() >= deadline:
            raise TopicsRefused("created topics did not appear")
        await asyncio.sleep(RETRY_SECONDS / 5)
    _refuse_other_counts(existing, layout)

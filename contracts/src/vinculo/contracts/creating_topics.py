"""Creating the topics: services', credit systems', and every consumer group's dead letters."""

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

from vinculo.contracts.topics import CONSUMER_GROUPS, TOPICS, dead_letters

PATIENCE_SECONDS: Final = 60.0
BETWEEN_ATTEMPTS_SECONDS: Final = 0.5

KEPT_FOR_EVER: Final[Mapping[str, str]] = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
}
DEAD_LETTER_BYTES: Final = 2 * 1024 * 1024
"""A dead letter is a record as it came, which may be the largest that its topic takes (the broker's
default is 1 MiB), and headers that say why it is here. With the sources' limit it would have no
place, and its partition would stand still."""


class TopicsRefused(Exception):
    """The topics are not as they must be, and cannot be made so. The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    partitions: int
    replication: int
    prefix: str = ""

    def names(self) -> list[str]:
        return list(self.topics())

    def topics(self) -> dict[str, dict[str, str]]:
        """Give every topic's configuration by its full name."""
        settings = dict(KEPT_FOR_EVER)
        if self.replication > 1:
            settings["min.insync.replicas"] = str(self.replication - 1)
        larger = {**settings, "max.message.bytes": str(DEAD_LETTER_BYTES)}
        return {
            **{self.prefix + name: settings for name in TOPICS},
            **{self.prefix + dead_letters(group): larger for group in CONSUMER_GROUPS},
        }


async def create_topics(
    kafka: str, layout: Layout, *, patience_seconds: float = PATIENCE_SECONDS
) -> list[str]:
    """Create what is missing and give its names. Idempotent; waits for Kafka to come up.

    Raises TopicsRefused when a topic has another number of partitions: changing it would move
    persons' later events to other partitions, where their order is lost.
    """
    admin = await _connected(kafka, patience_seconds)
    try:
        existing = await _partition_counts(admin)
        _refuse_other_counts(existing, layout)
        missing = [name for name in layout.names() if name not in existing]
        created = await _create(admin, missing, layout) if missing else []
        await _wait_until_visible(admin, layout, patience_seconds)
        return created
    finally:
        await admin.close()


async def _connected(kafka: str, patience_seconds: float) -> AIOKafkaAdminClient:
    clock = asyncio.get_running_loop().time
    deadline = clock() + patience_seconds
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        try:
            await admin.start()
        except (KafkaError, OSError, TimeoutError):
            await admin.close()
            if clock() >= deadline:
                raise TopicsRefused(f"no Kafka at {kafka}") from None
            await asyncio.sleep(BETWEEN_ATTEMPTS_SECONDS)
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
    """Create them and give the names of those that nobody else made in the meantime."""
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
    admin: AIOKafkaAdminClient, layout: Layout, patience_seconds: float
) -> None:
    """A created topic takes a moment to be known to every broker."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + patience_seconds
    while not set(layout.names()) <= set(existing := await _partition_counts(admin)):
        if clock() >= deadline:
            raise TopicsRefused("created topics did not appear")
        await asyncio.sleep(BETWEEN_ATTEMPTS_SECONDS / 5)
    _refuse_other_counts(existing, layout)

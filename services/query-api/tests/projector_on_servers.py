"""A projector on the real servers: topics, a key ring, a MongoDB database of its own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from vinculo.contracts.topics import TOPICS
from vinculo.events import utc_now
from vinculo.eventstore.migrations import migrate as migrate_database
from vinculo.query_api.generations import (
    active_generation,
    collection_names,
    ensure_first_generation,
)
from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.counters import (
    Group,
    HourlyGroup,
    group_of,
    status_history_of,
    sum_counts,
    sum_status_history,
)
from vinculo.query_api.projector.dependencies import (
    ProjectorDependencies,
    projector_dependencies,
    projector_factory,
)
from vinculo.query_api.projector.supervisor import Supervisor
from vinculo.query_api.settings import Settings
from vinculo.testing.fixture_types import MakeTopics, MongoUrl, NewDatabase

from .told_events import Told

KEY = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
PARTITIONS = 3


async def make_key_ring(url: str) -> None:
    await migrate_database(url, "vinculo.privacy")


@dataclass
class Stage:
    """`said` are all events told, with the version of their streams that should be shown."""

    parts: ProjectorDependencies
    producer: AIOKafkaProducer
    environment: Mapping[str, str]
    said: list[Told] = field(default_factory=list)

    async def make_keys(self, *people: UUID) -> None:
        for person in people:
            await self.parts.keys.create_key(person)

    async def say(self, events: Iterable[Told]) -> None:
        """Publish the events; everything about a person goes to one partition number."""
        for told in events:
            await self.publish(told, await self.sealed(told))
            self.said.append(told)

    async def sealed(self, told: Told) -> bytes:
        envelope = None
        if told.personal is not None:
            envelope = await self.parts.keys.seal(told.subject, told.event_id, told.personal)
        return told.value(envelope)

    async def publish(self, told: Told, value: bytes) -> None:
        await self.producer.send_and_wait(
            f"{self.parts.settings.vinculo_topic_prefix}{told.topic}",
            value=value,
            key=str(told.subject).encode(),
            partition=told.subject.int % PARTITIONS,
            headers=list(told.headers()),
        )

    @asynccontextmanager
    async def projecting(self, workers: int = 1) -> AsyncIterator[None]:
        """Projectors in this process, ended like by SIGTERM."""
        database = self.parts.mongo.database
        tasks = [
            asyncio.create_task(
                Supervisor(database, projector_factory(self.parts), utc_now).run(), name="projector"
            )
            for _ in range(workers)
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def people(self, generation: str | None = None) -> list[Document]:
        """All people of a generation, the active one unless another is named, by id."""
        name = generation or await active_generation(self.parts.mongo.database)
        people = self.parts.mongo.database[collection_names(name).people]
        return await people.find().sort("_id", 1).to_list(None)

    async def collection(self, kind: str) -> list[Document]:
        name = await active_generation(self.parts.mongo.database)
        names = collection_names(name)
        found = self.parts.mongo.database[getattr(names, kind)].find().sort("_id", 1)
        return await found.to_list(None)

    async def shows_everything(self) -> bool:
        """Whether the timeline holds every event about a person that was told."""
        entries = {entry["_id"] for entry in await self.collection("events")}
        about_people = {
            told.event_id for told in self.said if not told.topic.endswith((".payers", ".policies"))
        }
        return about_people <= entries

    async def totals(self) -> dict[Group, int]:
        return sum_counts(await self.collection("counters"))

    async def history(self) -> dict[HourlyGroup, int]:
        """Who came and left by the hour, as counted by the projector."""
        told = sum_status_history(await self.collection("counters"))
        return {group: people for group, people in told.items() if people}

    async def counted_history(self) -> dict[HourlyGroup, int]:
        """The same, counted from the people."""
        told: Counter[HourlyGroup] = Counter()
        for person in await self.people():
            told.update(status_history_of(person))
        return {group: people for group, people in told.items() if people}

    async def counted(self) -> dict[Group, int]:
        """The totals counted from the people."""
        groups = [group_of(person) for person in await self.people()]
        return {g: groups.count(g) for g in set(groups) if g is not None}


@asynccontextmanager
async def stage(
    *,
    kafka: str,
    topic_prefix: str,
    make_topics: MakeTopics,
    mongo_url: MongoUrl,
    new_database: NewDatabase,
    driver: str = "motor",
) -> AsyncIterator[Stage]:
    await make_topics(*TOPICS, partitions=PARTITIONS)
    await make_topics("query-api.dead-letters", partitions=1)
    environment = {
        "VINCULO_KAFKA": kafka,
        "VINCULO_TOPIC_PREFIX": topic_prefix,
        "VINCULO_SESSION_TIMEOUT_MS": "2000",
        "VINCULO_KEYRING_URL": await new_database(make_key_ring, name="keyring"),
        "VINCULO_KEY_ENCRYPTION_KEY": KEY,
        "VINCULO_HASH_KEY": KEY,
        "VINCULO_S3_ACCESS_KEY": "unused",
        "VINCULO_S3_SECRET_KEY": "unused",
        "QUERY_MONGO_URL": mongo_url("query"),
        "QUERY_MONGO_DRIVER": driver,
    }
    settings = Settings.model_validate({n.lower(): value for n, value in environment.items()})
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True)
    await producer.start()
    try:
        async with projector_dependencies(settings) as parts:
            await ensure_first_generation(parts.mongo.database, utc_now())
            yield Stage(parts=parts, producer=producer, environment=environment)
    finally:
        await producer.stop()


def without_time(documents: Sequence[Document], *fields: str) -> list[dict[str, Any]]:
    """The documents without fields that tell when they were written."""
    return [{k: v for k, v in document.items() if k not in fields} for document in documents]

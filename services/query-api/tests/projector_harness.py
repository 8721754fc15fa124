"""A projector on real servers, with topics, a key ring and a database that only this test uses."""

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
from vinculo.messaging import Consumer, DeadLetter, ReplayReport, list_dead_letters, replay
from vinculo.query_api.generations import (
    active_generation,
    collection_names,
    ensure_first_generation,
    generations,
)
from vinculo.query_api.mongo import Document, Shape, collection_of
from vinculo.query_api.person_document.counters import (
    CounterDocument,
    Group,
    HourlyGroup,
    group_of,
    status_history_of,
    sum_counts,
    sum_status_history,
)
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.projector.dependencies import (
    ProjectorDependencies,
    projector_dependencies,
    projector_factory,
    served_consumers,
)
from vinculo.query_api.projector.supervisor import Supervisor
from vinculo.query_api.settings import Settings
from vinculo.testing.fixture_types import MakeTopics, MongoUrl, NewDatabase
from vinculo.testing.topics import create_topics, delete_topics

from .declared_shapes import stored_violations
from .event_samples import EventSample

KEY = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
PARTITIONS = 3


async def make_key_ring(url: str) -> None:
    await migrate_database(url, "vinculo.privacy")


@dataclass
class ProjectorHarness:
    """`published` are all events that were published by `publish_all`."""

    dependencies: ProjectorDependencies
    producer: AIOKafkaProducer
    environment: Mapping[str, str]
    published: list[EventSample] = field(default_factory=list)

    async def make_keys(self, *people: UUID) -> None:
        for person in people:
            await self.dependencies.keys.create_key(person)

    async def publish_all(self, events: Iterable[EventSample]) -> None:
        """Publish the events; everything about a person goes to one partition number."""
        for sample in events:
            await self.publish(sample, await self.encoded_value(sample))
            self.published.append(sample)

    async def encoded_value(self, sample: EventSample) -> bytes:
        """The record's value, with the personal part encrypted."""
        envelope = None
        if sample.personal is not None:
            envelope = await self.dependencies.keys.encrypt(
                sample.subject, sample.event_id, sample.personal
            )
        return sample.value(envelope)

    async def dead_letter(self, sample: EventSample, value: bytes) -> None:
        """Write a dead letter of the first record of its partition, as older versions did."""
        settings = self.dependencies.settings
        await self.producer.send_and_wait(
            f"{settings.vinculo_topic_prefix}query-api.dead-letters",
            value=value,
            key=str(sample.subject).encode(),
            headers=[
                ("x-dlq-topic", f"{settings.vinculo_topic_prefix}{sample.topic}".encode()),
                ("x-dlq-partition", b"%d" % (sample.subject.int % PARTITIONS)),
                ("x-dlq-offset", b"0"),
                ("x-dlq-error", b"value: not JSON"),
                ("x-dlq-attempts", b"1"),
                *sample.headers(),
            ],
        )

    async def publish(self, sample: EventSample, value: bytes) -> None:
        await self.producer.send_and_wait(
            f"{self.dependencies.settings.vinculo_topic_prefix}{sample.topic}",
            value=value,
            key=str(sample.subject).encode(),
            partition=sample.subject.int % PARTITIONS,
            headers=list(sample.headers()),
        )

    async def recreate_topic(self, topic: str) -> None:
        """As after the loss of its records."""
        name = f"{self.dependencies.settings.vinculo_topic_prefix}{topic}"
        await delete_topics(self.dependencies.settings.vinculo_kafka, [name])
        await create_topics(self.dependencies.settings.vinculo_kafka, [name], partitions=PARTITIONS)

    @asynccontextmanager
    async def running_projectors(self, workers: int = 1) -> AsyncIterator[None]:
        """Projectors in this process, cancelled at the end as by SIGTERM."""
        database = self.dependencies.mongo.database
        make_projector = projector_factory(self.dependencies)
        tasks = [
            asyncio.create_task(
                Supervisor(database, make_projector, utc_now).run(), name="projector"
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

    async def people(self, generation: str | None = None) -> list[Person]:
        """All people of a generation, by default of the active one, in the order of ids."""
        name = generation or await active_generation(self.dependencies.mongo.database)
        database = self.dependencies.mongo.database
        people = collection_of(database, collection_names(name).people, Person)
        return await people.find().sort("_id", 1).to_list(None)

    async def collection(self, kind: str) -> list[Document]:
        return await self.documents(kind, Document)

    async def documents(self, kind: str, shape: type[Shape]) -> list[Shape]:
        """All documents of a collection of the active generation, in the order of ids."""
        database = self.dependencies.mongo.database
        names = collection_names(await active_generation(database))
        found = collection_of(database, getattr(names, kind), shape).find().sort("_id", 1)
        return await found.to_list(None)

    async def has_projected_everything(self) -> bool:
        """Whether the timeline has every published event about a person."""
        entries = {entry["_id"] for entry in await self.collection("events")}
        about_people = {
            sample.event_id
            for sample in self.published
            if not sample.topic.endswith((".payers", ".policies"))
        }
        return about_people <= entries

    @asynccontextmanager
    async def operator(self) -> AsyncIterator[Consumer]:
        """The consumer of the only served generation, as operators' commands have it."""
        async with served_consumers(self.dependencies.settings) as consumers:
            (consumer,) = consumers
            yield consumer

    async def replay_dead_letters(self) -> ReplayReport:
        """Replay into every served generation."""
        report = ReplayReport()
        async with served_consumers(self.dependencies.settings) as consumers:
            for consumer in consumers:
                report.add_report(await replay(consumer))
        return report

    async def pending_dead_letters(self) -> list[DeadLetter]:
        async with served_consumers(self.dependencies.settings) as consumers:
            return [each for consumer in consumers for each in await list_dead_letters(consumer)]

    async def quarantine_reasons(self) -> dict[str, str]:
        """By quarantined stream."""
        return {row["_id"]: row["reason"] for row in await self.collection("quarantine")}

    async def totals(self) -> dict[Group, int]:
        return sum_counts(await self.documents("counters", CounterDocument))

    async def history(self) -> dict[HourlyGroup, int]:
        """The hourly counts, as counted by the projector."""
        history = sum_status_history(await self.documents("counters", CounterDocument))
        return {group: people for group, people in history.items() if people}

    async def counted_history(self) -> dict[HourlyGroup, int]:
        """The hourly counts, counted from the people."""
        history: Counter[HourlyGroup] = Counter()
        for person in await self.people():
            history.update(status_history_of(person))
        return {group: people for group, people in history.items() if people}

    async def counted(self) -> dict[Group, int]:
        """The totals counted from the people."""
        groups = [group_of(person) for person in await self.people()]
        return {g: groups.count(g) for g in set(groups) if g is not None}


@asynccontextmanager
async def projector_harness(
    *,
    kafka: str,
    topic_prefix: str,
    make_topics: MakeTopics,
    mongo_url: MongoUrl,
    new_database: NewDatabase,
    driver: str = "motor",
) -> AsyncIterator[ProjectorHarness]:
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
        "VINCULO_ERASURES_BUCKET": "",
        "QUERY_MONGO_URL": mongo_url("query"),
        "QUERY_MONGO_DRIVER": driver,
    }
    settings = Settings.model_validate({n.lower(): value for n, value in environment.items()})
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True)
    await producer.start()
    try:
        async with projector_dependencies(settings) as dependencies:
            await ensure_first_generation(dependencies.mongo.database, utc_now())
            yield ProjectorHarness(
                dependencies=dependencies, producer=producer, environment=environment
            )
            database = dependencies.mongo.database
            for generation in await generations(database):
                assert await stored_violations(database, generation.name) == []
            assert await stored_violations(database) == []
    finally:
        await producer.stop()


def without_time(documents: Sequence[Mapping[str, Any]], *fields: str) -> list[dict[str, Any]]:
    """The documents without these fields, which depend on when a document was written."""
    return [{k: v for k, v in document.items() if k not in fields} for document in documents]

"""The registry's parts on real databases; events are delivered without Kafka."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.contracts import topics
from vinculo.contracts.catalogue import EVENTS
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.policy_publication import publish_policies
from vinculo.customer_registry.application.queries import VersionedRecord, read_record
from vinculo.customer_registry.consumers.consumer import ingest, registry_consumer
from vinculo.customer_registry.evaluation.policy_file import read_policies
from vinculo.customer_registry.evaluation.rules import RuleEngine
from vinculo.customer_registry.metrics import RegistryMetrics
from vinculo.customer_registry.storage.people import Person, lock_or_insert_person
from vinculo.customer_registry.storage.streams import CUSTOMERS, REVOCATIONS
from vinculo.eventstore import PostgresEventStore, StoredEvent, create_engine, load
from vinculo.eventstore.migrations import migrate
from vinculo.messaging import ConsumedEvent, Consumer, decode
from vinculo.privacy import KeyRing
from vinculo.testing.fixture_types import NewDatabase

from .incoming_events import Applicant, IncomingEvent

NOW = datetime(2026, 11, 6, 9, tzinfo=UTC)
KEY_ENCRYPTION_KEY = b"k" * 32
NO_DATABASE_URL = "postgresql://no-user@127.0.0.1:1/no-database"

migrate_registry = partial(migrate, package="vinculo.customer_registry")
migrate_keyring = partial(migrate, package="vinculo.privacy")


@dataclass(frozen=True, kw_only=True)
class RegistryHarness:
    dependencies: RegistryDependencies
    consumer: Consumer
    collector: CollectorRegistry
    database_url: str
    keyring_url: str

    @property
    def keys(self) -> KeyRing:
        return self.dependencies.keys

    async def deliver(self, *events: IncomingEvent) -> None:
        """Apply consecutive events of one stream in one transaction, without checkpoints."""
        async with self.dependencies.store.engine.begin() as connection:
            await ingest(self.dependencies, connection, [self.decoded(event) for event in events])

    async def deliver_own_erasure(self, person_id: UUID) -> None:
        """Deliver the person's stored `record-erased`, as the registry's own topic does."""
        erased = (await self.events(person_id))[-1]
        await self.deliver(
            IncomingEvent(
                topic=topics.CUSTOMER_REGISTRY_CUSTOMERS,
                type=f"vinculo.customer-registry.{erased.type}",
                source="/customer-registry/customers",
                subject=person_id,
                headers={
                    "ce_streamid": erased.stream_id,
                    "ce_streamversion": str(erased.version),
                },
                data=erased.data,
                event_id=erased.event_id,
            )
        )

    def decoded(self, event: IncomingEvent) -> ConsumedEvent:
        source = self.consumer.source_of(event.topic)
        assert source is not None
        return decode(event.record(), source)

    async def events(self, person_id: UUID) -> list[StoredEvent]:
        """The stored events of the person, each validated against its published model."""
        stored = await self.dependencies.store.read(CUSTOMERS.stream_id(person_id))
        for event in stored:
            model = EVENTS[topics.CUSTOMER_REGISTRY_CUSTOMERS][event.type]
            model.model_validate({**event.data, "personal": event.personal})
        return stored

    async def event_types(self, person_id: UUID) -> list[str]:
        return [event.type.rpartition(".")[0] for event in await self.events(person_id)]

    async def person(self, person_id: UUID) -> Person:
        async with self.dependencies.store.engine.begin() as connection:
            return await lock_or_insert_person(connection, person_id)

    async def record(self, person_id: UUID) -> VersionedRecord:
        return await read_record(self.dependencies, person_id)

    async def version(self, person_id: UUID) -> int:
        """The record's status version, also of an erased record."""
        loaded = await load(self.dependencies.store, CUSTOMERS, person_id)
        return loaded.state.status_version

    async def revocations(self, person_id: UUID) -> list[tuple[str, int]]:
        """The person's revocations in order: `("subject-denied", registry version)`."""
        stored = await self.dependencies.store.read(REVOCATIONS.stream_id(person_id))
        return [
            (event.type.removesuffix(".v1"), event.data["registry_version"]) for event in stored
        ]

    async def publish(self, path: Path | None = None) -> list[str]:
        policies = read_policies(path, self.dependencies.rules)
        return await publish_policies(self.dependencies, policies)

    async def make_pending(self, applicant: Applicant) -> None:
        """Let the applicant do everything except the documents."""
        await self.deliver(await applicant.started(self.keys), applicant.verified())
        await self.deliver(await applicant.employed(self.keys), applicant.completed())

    async def make_customer(self, applicant: Applicant) -> None:
        await self.make_pending(applicant)
        await self.deliver(applicant.submitted(), applicant.accepted())

    def metric(self, name: str, **labels: Any) -> float | None:
        return self.collector.get_sample_value(name, labels)


@asynccontextmanager
async def harness_on(new_database: NewDatabase) -> AsyncIterator[RegistryHarness]:
    """A registry without published policies."""
    database_url = await new_database(migrate_registry, "registry")
    keyring_url = await new_database(migrate_keyring, "keyring")
    engine, keyring_engine = create_engine(database_url), create_engine(keyring_url, 2)
    collector = CollectorRegistry()
    dependencies = dependencies_on(engine, keyring_engine, collector)
    consumer = registry_consumer(
        dependencies, engine, kafka="nowhere:1", prefix="", session_timeout_ms=2000
    )
    try:
        yield RegistryHarness(
            dependencies=dependencies,
            consumer=consumer,
            collector=collector,
            database_url=database_url,
            keyring_url=keyring_url,
        )
    finally:
        await engine.dispose()
        await keyring_engine.dispose()


def dependencies_on(
    engine: AsyncEngine, keyring_engine: AsyncEngine, collector: CollectorRegistry
) -> RegistryDependencies:
    return RegistryDependencies(
        store=PostgresEventStore(engine),
        keys=KeyRing(keyring_engine, KEY_ENCRYPTION_KEY),
        rules=RuleEngine(),
        metrics=RegistryMetrics(collector),
        clock=lambda: NOW,
        time_zone=ZoneInfo("America/Bogota"),
    )


def dependencies_without_database() -> RegistryDependencies:
    """For tests of what happens before any query; a query would fail to connect."""
    engine = create_engine(NO_DATABASE_URL)
    return dependencies_on(engine, engine, CollectorRegistry())

"""The registry's parts on real databases, told of events directly."""

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

from vinculo.contracts import topics
from vinculo.contracts.catalogue import EVENTS
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.policy_publication import publish_policies
from vinculo.customer_registry.application.queries import VersionedRecord, read_record
from vinculo.customer_registry.consumers.consumer import registry_consumer
from vinculo.customer_registry.evaluation.policy_file import read_policies
from vinculo.customer_registry.evaluation.rules import RuleEngine
from vinculo.customer_registry.metrics import RegistryMetrics
from vinculo.customer_registry.storage.people import Person, lock_or_insert_person
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.eventstore import PostgresEventStore, StoredEvent, create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.messaging import ConsumedEvent, Consumer, decode
from vinculo.privacy import KeyRing
from vinculo.testing.fixture_types import NewDatabase

from .incoming_events import Applicant, News

NOW = datetime(2026, 11, 6, 9, tzinfo=UTC)
KEY_ENCRYPTION_KEY = b"k" * 32

migrate_registry = partial(migrate, package="vinculo.customer_registry")
migrate_keyring = partial(migrate, package="vinculo.privacy")


@dataclass(frozen=True, kw_only=True)
class RegistryUnderTest:
    registry: RegistryDependencies
    consumer: Consumer
    collected: CollectorRegistry
    database_url: str
    keyring_url: str

    @property
    def keys(self) -> KeyRing:
        return self.registry.keys

    async def tell(self, *news: News) -> None:
        """Tell consecutive events of one stream in one transaction, without a guard."""
        async with self.registry.store.engine.begin() as connection:
            await self.consumer.apply(connection, [self.received(each) for each in news])

    async def tell_of_own_erasure(self, person_id: UUID) -> None:
        """Tell the registry of its own `record-erased`, as Kafka would bring it back."""
        erased = (await self.events(person_id))[-1]
        await self.tell(
            News(
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

    def received(self, news: News) -> ConsumedEvent:
        source = self.consumer.source_of(news.topic)
        assert source is not None
        return decode(news.record(), source)

    async def events(self, person_id: UUID) -> list[StoredEvent]:
        """Give what is stored of the person, each held to its published model."""
        stored = await self.registry.store.read(CUSTOMERS.stream_id(person_id))
        for event in stored:
            model = EVENTS[topics.CUSTOMER_REGISTRY_CUSTOMERS][event.type]
            model.model_validate({**event.data, "personal": event.personal})
        return stored

    async def event_types(self, person_id: UUID) -> list[str]:
        return [event.type.removesuffix(".v1") for event in await self.events(person_id)]

    async def person(self, person_id: UUID) -> Person:
        async with self.registry.store.engine.begin() as connection:
            return await lock_or_insert_person(connection, person_id)

    async def record(self, person_id: UUID) -> VersionedRecord:
        return await read_record(self.registry, person_id)

    async def publish(self, path: Path | None = None) -> list[str]:
        return await publish_policies(self.registry, read_policies(path, self.registry.rules))

    async def pending(self, applicant: Applicant) -> None:
        """Bring the applicant as far as can be without documents."""
        await self.tell(await applicant.started(self.keys), applicant.verified())
        await self.tell(await applicant.employed(self.keys), applicant.completed())

    async def promoted(self, applicant: Applicant) -> None:
        await self.pending(applicant)
        await self.tell(applicant.submitted(), applicant.accepted())

    def counted(self, name: str, **labels: Any) -> float | None:
        return self.collected.get_sample_value(name, labels)


@asynccontextmanager
async def registry_on(new_database: NewDatabase) -> AsyncIterator[RegistryUnderTest]:
    """Give a registry with no policy published."""
    database_url = await new_database(migrate_registry, "registry")
    keyring_url = await new_database(migrate_keyring, "keyring")
    engine, keyring_engine = create_engine(database_url), create_engine(keyring_url, 2)
    collected = CollectorRegistry()
    registry = RegistryDependencies(
        store=PostgresEventStore(engine),
        keys=KeyRing(keyring_engine, KEY_ENCRYPTION_KEY),
        rules=RuleEngine(),
        metrics=RegistryMetrics(collected),
        clock=lambda: NOW,
        zone=ZoneInfo("America/Bogota"),
    )
    consumer = registry_consumer(
        registry, engine, kafka="nowhere:1", prefix="", session_timeout_ms=2000
    )
    try:
        yield RegistryUnderTest(
            registry=registry,
            consumer=consumer,
            collected=collected,
            database_url=database_url,
            keyring_url=keyring_url,
        )
    finally:
        await engine.dispose()
        await keyring_engine.dispose()

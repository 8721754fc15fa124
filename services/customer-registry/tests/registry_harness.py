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

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.contracts import topics
from vinculo.contracts.catalogue import EVENTS
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.erasures import erase_record
from vinculo.customer_registry.application.policy_publication import publish_policies
from vinculo.customer_registry.application.queries import (
    VersionedRecord,
    read_record,
    recorded_outcomes,
)
from vinculo.customer_registry.consumers.consumer import ingest, registry_consumer
from vinculo.customer_registry.consumers.credit_consumer import credit_consumer
from vinculo.customer_registry.domain.customer import ErasureReason
from vinculo.customer_registry.domain.customer_decisions import EraseRecord
from vinculo.customer_registry.evaluation.policy_file import read_policies
from vinculo.customer_registry.evaluation.rules import RuleEngine
from vinculo.customer_registry.metrics import RegistryMetrics
from vinculo.customer_registry.storage.erasure_ledger import LedgerRecorder
from vinculo.customer_registry.storage.people import Person, lock_or_insert_person
from vinculo.customer_registry.storage.streams import (
    CREDIT_REFUSALS,
    CREDITS,
    CUSTOMERS,
    REVOCATIONS,
)
from vinculo.events import Meta, uuid7
from vinculo.eventstore import PostgresEventStore, StoredEvent, create_engine, load
from vinculo.eventstore.migrations import migrate
from vinculo.messaging import (
    ConsumedEvent,
    Consumer,
    PartitionProcessor,
    QuarantineReason,
    decode,
)
from vinculo.privacy import ErasureLedger, KeyRing
from vinculo.testing.fixture_types import NewDatabase

from .http_calls import ADMIN
from .incoming_events import Applicant, IncomingEvent

NOW = datetime(2026, 11, 6, 9, tzinfo=UTC)
KEY_ENCRYPTION_KEY = b"k" * 32
NO_DATABASE_URL = "postgresql://no-user@127.0.0.1:1/no-database"

migrate_registry = partial(migrate, package="vinculo.customer_registry")
migrate_keyring = partial(migrate, package="vinculo.privacy")


class CollectedDeadLetters:
    """The reasons of the records that a processor dead-letters."""

    def __init__(self) -> None:
        self.reasons: list[QuarantineReason] = []

    async def put(
        self,
        record: ConsumerRecord,  # noqa: ARG002 - not looked at
        reason: QuarantineReason,
        error: str,  # noqa: ARG002 - not looked at
        attempts: int = 1,  # noqa: ARG002 - not looked at
    ) -> None:
        self.reasons.append(reason)


@dataclass(frozen=True, kw_only=True)
class RegistryHarness:
    dependencies: RegistryDependencies
    consumer: Consumer
    credit_consumer: Consumer
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

    async def receive(self, *records: ConsumerRecord) -> list[QuarantineReason]:
        """Process records of credit systems as the consumer does; the reasons of dead letters."""
        sink = CollectedDeadLetters()
        processor = PartitionProcessor(self.credit_consumer.checkpoints, sink, max_tries=1)
        progress = await processor.run([self.credit_consumer.decode(each) for each in records])
        assert progress.fault is None, progress.fault
        return sink.reasons

    async def report(self, *events: IncomingEvent) -> None:
        """Process reports that are all accepted."""
        assert await self.receive(*(event.record() for event in events)) == []

    async def credit(self, person_id: UUID) -> list[tuple[str, int, dict[str, Any]]]:
        """Type, version and facts of the person's credit events, each as its published model."""
        found = await self._appended(CREDITS.name, topics.CUSTOMER_REGISTRY_CREDIT)
        return [(t, version, facts) for t, version, facts, of in found if of == person_id]

    async def refusals(self) -> list[dict[str, Any]]:
        """The facts of all refusals, in order."""
        found = await self._appended(CREDIT_REFUSALS.name, topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS)
        return [facts for _, _, facts, _ in found]

    async def _appended(
        self, category: str, topic: str
    ) -> list[tuple[str, int, dict[str, Any], UUID]]:
        """Type, version, facts and subject of a category's events, in the order of appending."""
        statement = text(
            "SELECT type, version, data, subject FROM events WHERE stream_id ~ :form"
            " ORDER BY event_id"
        )
        async with self.dependencies.store.engine.connect() as connection:
            rows = await connection.execute(statement, {"form": f"^{category}-[0-9a-f-]{{36}}$"})
            found = [(row.type, row.version, row.data, row.subject) for row in rows]
        for type_, _, facts, _ in found:
            EVENTS[topic][type_].model_validate(facts)
        return [(type_.removesuffix(".v1"), *others) for type_, *others in found]

    async def erase(self, person_id: UUID) -> UUID:
        """Record the erasure that the person requested; its id. The key is not destroyed yet."""
        return await erase_record(
            self.dependencies,
            EraseRecord(
                person_id=person_id,
                erasure_id=uuid7(),
                reason_code=ErasureReason.REQUESTED,
                by=ADMIN,
                now=NOW,
            ),
            note=None,
            meta=Meta(),
        )

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
        source = self.consumer.source_of(event.topic) or self.credit_consumer.source_of(event.topic)
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

    async def outcomes(self, person_id: UUID) -> dict[str, str]:
        """The recorded outcome of each requirement, in the order of the policy."""
        stored = await self.dependencies.store.read(CUSTOMERS.stream_id(person_id))
        recorded = recorded_outcomes([CUSTOMERS.codec.decode(event) for event in stored])
        return {code: each.outcome.value for code, each in recorded.items()}

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
async def harness_on(
    new_database: NewDatabase, ledger: ErasureLedger | None = None
) -> AsyncIterator[RegistryHarness]:
    """A registry without published policies."""
    database_url = await new_database(migrate_registry, "registry")
    keyring_url = await new_database(migrate_keyring, "keyring")
    engine, keyring_engine = create_engine(database_url), create_engine(keyring_url, 2)
    collector = CollectorRegistry()
    dependencies = dependencies_on(engine, keyring_engine, collector, ledger)
    consumer, reports = [
        build(dependencies, engine, kafka="nowhere:1", prefix="", session_timeout_ms=2000)
        for build in (registry_consumer, credit_consumer)
    ]
    try:
        yield RegistryHarness(
            dependencies=dependencies,
            consumer=consumer,
            credit_consumer=reports,
            collector=collector,
            database_url=database_url,
            keyring_url=keyring_url,
        )
    finally:
        await engine.dispose()
        await keyring_engine.dispose()


def dependencies_on(
    engine: AsyncEngine,
    keyring_engine: AsyncEngine,
    collector: CollectorRegistry,
    ledger: ErasureLedger | None = None,
) -> RegistryDependencies:
    return RegistryDependencies(
        store=PostgresEventStore(engine),
        keys=KeyRing(keyring_engine, KEY_ENCRYPTION_KEY),
        recorder=LedgerRecorder(database=engine, keyring=keyring_engine, ledger=ledger),
        rules=RuleEngine(),
        metrics=RegistryMetrics(collector),
        clock=lambda: NOW,
        time_zone=ZoneInfo("America/Bogota"),
    )


def dependencies_without_database() -> RegistryDependencies:
    """For tests of what happens before any query; a query would fail to connect."""
    engine = create_engine(NO_DATABASE_URL)
    return dependencies_on(engine, engine, CollectorRegistry())

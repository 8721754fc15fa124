"""The worker on real Kafka: consuming the topics of other services, publishing its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # type: ignore[import-untyped]
from sqlalchemy import select

from vinculo.access import Role
from vinculo.contracts import Facts, parse, topics
from vinculo.contracts.documents import DossierOpened, DossierSubmitted
from vinculo.documents.main import build_consumer, worker_tasks
from vinculo.documents.storage.tables import people_access
from vinculo.documents.storage.uploads import owner_prefixes
from vinculo.events import uuid7
from vinculo.messaging import list_dead_letters, replay
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase

from ..claim_calls import claim_path, send_claim_file
from ..conftest import MakeServiceFixture, migrate_documents
from ..incoming_events import (
    ACTIVATED,
    BLOCKED,
    CLAIM,
    CLAIM_OPENED,
    CLAIM_REFUSED,
    ERASED,
    REGISTERED,
    STARTED,
    UNBLOCKED,
    VERIFIED,
)
from ..service_fixture import ServiceFixture
from ..upload_client import provide_all

pytestmark = pytest.mark.servers

TYPES = {
    id(STARTED): "application-started.v1",
    id(VERIFIED): "email-verified.v1",
    id(REGISTERED): "pre-customer-registered.v1",
    id(ACTIVATED): "pre-customer-activated.v1",
    id(BLOCKED): "record-blocked.v1",
    id(UNBLOCKED): "record-unblocked.v1",
    id(ERASED): "record-erased.v1",
    id(CLAIM_OPENED): "document-claim-opened.v1",
    id(CLAIM_REFUSED): "document-claim-refused.v1",
}


@pytest.fixture
async def service(
    make_service: MakeServiceFixture,
    new_database: NewDatabase,
    kafka: str,
    topic_prefix: str,
    make_topics: MakeTopics,
) -> AsyncIterator[ServiceFixture]:
    """The service with its worker running, on a database with an empty outbox."""
    await make_topics(
        topics.ONBOARDING_APPLICATIONS,
        topics.ONBOARDING_DOCUMENT_CLAIMS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS,
        topics.DOCUMENTS_DOSSIERS,
        topics.dead_letters("documents"),
    )
    service = await make_service(
        documents_database_url=await new_database(migrate_documents, "documents"),
        vinculo_kafka=kafka,
        vinculo_topic_prefix=topic_prefix,
        vinculo_session_timeout_ms="2000",
        documents_sweep_interval_seconds="0.5",
        documents_max_open_uploads="10000",  # uploads begin while a condition is awaited
        documents_max_uploads_per_day="10000",
    )
    tasks = [
        asyncio.ensure_future(work())
        for work in worker_tasks(service.settings, service.connections)
    ]
    yield service
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    yield producer
    await producer.stop()


class EventPublisher:
    """Publishes as the other services do."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str) -> None:
        self._producer = producer
        self._prefix = prefix
        self._versions: dict[tuple[str, UUID], int] = {}

    async def publish(self, topic: str, person: UUID, event: Facts) -> None:
        await self.publish_raw(topic, person, TYPES[id(event)], event.model_dump_json().encode())

    async def publish_raw(self, topic: str, person: UUID, type_: str, value: bytes) -> None:
        service, _, stream = topic.partition(".")
        version = self._versions[topic, person] = self._versions.get((topic, person), 0) + 1
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid7()),
            "ce_source": f"/{service}/{stream}",
            "ce_type": f"vinculo.{service}.{type_}",
            "ce_subject": str(person),
            "ce_time": "2026-01-02T00:00:00Z",
            "ce_streamid": f"{stream[:-1]}-{person}",
            "ce_streamversion": str(version),
        }
        await self._producer.send_and_wait(
            f"{self._prefix}{topic}",
            key=str(person).encode(),
            value=value,
            headers=[(name, text.encode()) for name, text in headers.items()],
        )


@pytest.fixture
def publisher(producer: AIOKafkaProducer, topic_prefix: str) -> EventPublisher:
    return EventPublisher(producer, topic_prefix)


async def access(service: ServiceFixture, person: UUID) -> Any:
    async with service.connections.database.connect() as connection:
        statement = select(people_access).where(people_access.c.person_id == person)
        return (await connection.execute(statement)).one_or_none()


async def dossier_status(service: ServiceFixture, person: UUID) -> int:
    async with service.caller(Role.APPLICANT, person) as applicant:
        return (await applicant.get("/documents/v1/me/dossier")).status_code


async def published(kafka: str, prefix: str, count: int) -> list[tuple[str, Facts | None]]:
    consumer = AIOKafkaConsumer(
        f"{prefix}{topics.DOCUMENTS_DOSSIERS}",
        bootstrap_servers=kafka,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    read: list[tuple[str, Facts | None]] = []
    try:
        while len(read) < count:
            record = await consumer.getone()
            type_ = dict(record.headers)["ce_type"].decode().removeprefix("vinculo.documents.")
            read.append((type_, parse(topics.DOCUMENTS_DOSSIERS, type_, record.value)))
    finally:
        await consumer.stop()
    return read


async def test_an_application_opens_a_dossier_and_its_events_are_published(
    service: ServiceFixture,
    publisher: EventPublisher,
    eventually: Eventually,
    kafka: str,
    topic_prefix: str,
) -> None:
    person = uuid7()
    await service.keys.create_key(person)
    await publisher.publish(topics.ONBOARDING_APPLICATIONS, person, STARTED)
    await publisher.publish(topics.ONBOARDING_APPLICATIONS, person, VERIFIED)

    async def is_open() -> bool:
        return await dossier_status(service, person) == 200

    await eventually(is_open)
    async with service.caller(Role.APPLICANT, person) as applicant:
        documents = await provide_all(applicant)
    events = await published(kafka, topic_prefix, 10)

    assert [type_ for type_, _ in events] == [
        "dossier-opened.v1",
        *["document-received.v1", "document-screened.v1"] * 4,
        "dossier-submitted.v1",
    ]
    opened, submitted = events[0][1], events[-1][1]
    assert isinstance(opened, DossierOpened)
    assert opened.opened_at == STARTED.started_at
    assert isinstance(submitted, DossierSubmitted)
    assert [str(each) for each in submitted.document_ids] == list(documents.values())


async def test_a_blocked_person_may_upload_again_after_unblocking(
    service: ServiceFixture, publisher: EventPublisher, eventually: Eventually
) -> None:
    person = await service.person()

    async def upload() -> httpx2.Response:
        async with service.caller(Role.APPLICANT, person) as applicant:
            body = {"kind": "payslip", "media_type": "application/pdf", "size_bytes": 10}
            return await applicant.post("/documents/v1/me/uploads", json=body)

    async def is_refused() -> bool:
        return (await upload()).status_code == 403

    async def is_accepted() -> bool:
        return (await upload()).status_code == 201

    for event in (REGISTERED, ACTIVATED, BLOCKED):
        await publisher.publish(topics.CUSTOMER_REGISTRY_CUSTOMERS, person, event)
    await eventually(is_refused)
    await publisher.publish(topics.CUSTOMER_REGISTRY_CUSTOMERS, person, UNBLOCKED)
    await eventually(is_accepted)


async def test_an_erasure_removes_the_person_from_the_review_queue(
    service: ServiceFixture, publisher: EventPublisher, eventually: Eventually
) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        await provide_all(applicant)
    for event in (REGISTERED, ACTIVATED, ERASED):
        await publisher.publish(topics.CUSTOMER_REGISTRY_CUSTOMERS, person, event)

    async def is_gone() -> bool:
        return await dossier_status(service, person) == 410

    await eventually(is_gone)
    async with service.caller(Role.REVIEWER) as reviewer:
        queue = (await reviewer.get("/documents/v1/review-queue")).json()
    assert queue["items"] == []


async def test_a_status_consumed_before_the_dossier_opens_is_kept(
    service: ServiceFixture, publisher: EventPublisher, eventually: Eventually
) -> None:
    person = uuid7()
    for event in (REGISTERED, ACTIVATED, BLOCKED):
        await publisher.publish(topics.CUSTOMER_REGISTRY_CUSTOMERS, person, event)

    async def is_blocked() -> bool:
        row = await access(service, person)
        return row is not None and row.status == "blocked"

    await eventually(is_blocked)
    await publisher.publish(topics.ONBOARDING_APPLICATIONS, person, STARTED)

    async def is_open() -> bool:
        return await dossier_status(service, person) == 200

    await eventually(is_open)
    assert (await access(service, person)).status == "blocked"


async def test_an_unreadable_record_quarantines_only_its_own_stream(
    service: ServiceFixture, publisher: EventPublisher, eventually: Eventually
) -> None:
    poisoned, healthy = uuid7(), uuid7()
    unreadable = json.loads(STARTED.model_dump_json()) | {"started_at": "yesterday"}
    await publisher.publish_raw(
        topics.ONBOARDING_APPLICATIONS,
        poisoned,
        "application-started.v1",
        json.dumps(unreadable).encode(),
    )
    await publisher.publish(topics.ONBOARDING_APPLICATIONS, healthy, STARTED)

    async def is_open() -> bool:
        return await dossier_status(service, healthy) == 200

    await eventually(is_open)
    consumer = build_consumer(service.settings, service.connections)

    async def is_dead_lettered() -> bool:
        return len(await list_dead_letters(consumer)) == 1

    await eventually(is_dead_lettered)
    report = await replay(consumer)
    assert len(report.waiting) == 1
    assert await dossier_status(service, poisoned) == 409


async def test_the_files_of_a_refused_claim_are_deleted(
    service: ServiceFixture, publisher: EventPublisher, eventually: Eventually
) -> None:
    holder = uuid7()
    opened = CLAIM_OPENED.model_copy(update={"expires_at": datetime.now(UTC) + timedelta(days=90)})
    TYPES[id(opened)] = TYPES[id(CLAIM_OPENED)]
    files = claim_path(CLAIM, "files")
    async with service.caller(Role.CLAIMANT, CLAIM) as claimant:
        assert (await claimant.get(files)).status_code == 409
        await publisher.publish(topics.ONBOARDING_DOCUMENT_CLAIMS, holder, opened)

        async def is_open() -> bool:
            return (await claimant.get(files)).status_code == 200

        await eventually(is_open)
        await send_claim_file(claimant, CLAIM)
    prefixes = owner_prefixes(CLAIM)
    assert len(await service.connections.objects.list_versions(prefixes)) == 1

    await publisher.publish(topics.ONBOARDING_DOCUMENT_CLAIMS, holder, CLAIM_REFUSED)

    async def are_gone() -> bool:
        found = await service.connections.objects.list_versions(prefixes)
        return not any(not version.is_folder for version in found)

    await eventually(are_gone)

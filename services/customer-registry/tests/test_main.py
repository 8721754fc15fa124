"""The worker as a process on real Kafka and PostgreSQL, terminated and killed."""

import base64
import os
import signal
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRecord,
)

from vinculo.contracts import parse, topics
from vinculo.customer_registry.consumers.consumer import GROUP
from vinculo.customer_registry.consumers.credit_consumer import GROUP as CREDIT_GROUP
from vinculo.customer_registry.domain.customer import Kind
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown
from vinculo.customer_registry.storage.erasures import Erasure, find_erasure
from vinculo.events import ERASED
from vinculo.local.ports import free_ports
from vinculo.messaging import dead_letter_topic, headers_of
from vinculo.testing.fixture_types import Eventually, MakeBucket, MakeTopics

from .incoming_events import Applicant, IncomingEvent
from .registry_harness import KEY_ENCRYPTION_KEY, NOW, RegistryHarness

pytestmark = pytest.mark.servers

TIMEOUT_SECONDS = 40

KILLED = -signal.SIGKILL
TOPICS = (
    topics.ONBOARDING_APPLICATIONS,
    topics.ONBOARDING_DOCUMENT_CLAIMS,
    topics.DOCUMENTS_DOSSIERS,
    topics.CREDIT_LOANS,
    topics.CREDIT_APPLICATIONS,
    topics.CUSTOMER_REGISTRY_CREDIT,
    topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS,
    topics.CUSTOMER_REGISTRY_CUSTOMERS,
    topics.CUSTOMER_REGISTRY_POLICIES,
    topics.ACCESS_REVOCATIONS,
)


@pytest_asyncio.fixture(loop_scope="session")
async def environment(
    new_registry: RegistryHarness, kafka: str, topic_prefix: str, make_topics: MakeTopics
) -> dict[str, str]:
    await make_topics(*TOPICS, dead_letter_topic(GROUP), dead_letter_topic(CREDIT_GROUP))
    return {
        "PATH": os.environ["PATH"],
        "REGISTRY_DATABASE_URL": new_registry.database_url,
        "VINCULO_KEYRING_URL": new_registry.keyring_url,
        "VINCULO_KEY_ENCRYPTION_KEY": base64.b64encode(KEY_ENCRYPTION_KEY).decode(),
        "VINCULO_S3_ACCESS_KEY": "unused",
        "VINCULO_S3_SECRET_KEY": "unused",
        "VINCULO_ERASURES_BUCKET": "",
        "VINCULO_HASH_KEY": base64.b64encode(b"h" * 32).decode(),
        "VINCULO_KAFKA": kafka,
        "VINCULO_TOPIC_PREFIX": topic_prefix,
        "VINCULO_SESSION_TIMEOUT_MS": "2000",
    }


async def command(environment: dict[str, str], *arguments: str) -> Process:
    return await create_subprocess_exec(
        sys.executable,
        "-m",
        "vinculo.customer_registry",
        *arguments,
        env=environment,
        stdout=DEVNULL,
        stderr=PIPE,
    )


async def ended(process: Process) -> tuple[int | None, str]:
    _, errors = await process.communicate()
    return process.returncode, errors.decode()


@asynccontextmanager
async def worker(environment: dict[str, str], **more: str) -> AsyncIterator[tuple[Process, int]]:
    port = free_ports(["worker"])["worker"]
    process = await command({**environment, **more}, "worker", "--port", str(port))
    try:
        yield process, port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def produce(environment: dict[str, str], *events: IncomingEvent) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=environment["VINCULO_KAFKA"])
    await producer.start()
    try:
        for event in events:
            record = event.record(environment["VINCULO_TOPIC_PREFIX"])
            await producer.send_and_wait(
                record.topic, value=record.value, key=record.key, headers=list(record.headers)
            )
    finally:
        await producer.stop()


async def published(environment: dict[str, str], topic: str, count: int) -> list[ConsumerRecord]:
    """The first `count` records of the topic."""
    consumer = AIOKafkaConsumer(
        f"{environment['VINCULO_TOPIC_PREFIX']}{topic}",
        bootstrap_servers=environment["VINCULO_KAFKA"],
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        return [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()


async def test_events_of_an_applicant_on_kafka_lead_to_a_published_promotion(
    new_registry: RegistryHarness, environment: dict[str, str], eventually: Eventually
) -> None:
    applicant = Applicant()
    async with worker(environment) as (process, port):
        await produce(
            environment,
            await applicant.started(new_registry.keys),
            applicant.verified(),
            await applicant.employed(new_registry.keys),
            applicant.completed(),
            applicant.loan("A", 1),
            applicant.submitted(),
            applicant.accepted(),
        )

        await eventually(lambda: is_customer(new_registry, applicant.person_id), TIMEOUT_SECONDS)
        await eventually(lambda: is_ready(port), TIMEOUT_SECONDS)
        stored = await new_registry.events(applicant.person_id)
        records = await published(environment, topics.CUSTOMER_REGISTRY_CUSTOMERS, len(stored))
        policies = await published(environment, topics.CUSTOMER_REGISTRY_POLICIES, 2)
        process.terminate()
        code, _ = await ended(process)

    assert code == 0
    for record, event in zip(records, stored, strict=True):
        headers = headers_of(record)
        assert record.key == str(applicant.person_id).encode()
        assert headers["ce_streamversion"] == str(event.version)
        assert headers["ce_type"] == f"vinculo.customer-registry.{event.type}"
        assert parse(topics.CUSTOMER_REGISTRY_CUSTOMERS, event.type, record.value) is not None
    for record in policies:
        assert parse(topics.CUSTOMER_REGISTRY_POLICIES, "policy-published.v1", record.value)
    assert (await new_registry.person(applicant.person_id)).facts.keys() >= {"active_loans"}


@pytest.mark.parametrize(
    "crash_at", ["erasure-before-key", "erasure-after-key", "erasure-after-ledger-entry"]
)
async def test_an_erasure_interrupted_by_a_crash_is_finished_after_the_restart(
    new_registry: RegistryHarness,
    environment: dict[str, str],
    eventually: Eventually,
    bucket: MakeBucket,
    crash_at: str,
) -> None:
    await new_registry.publish()
    applicant = Applicant()
    started = await applicant.started(new_registry.keys)
    await new_registry.deliver(started)
    erasure_id = await new_registry.erase(applicant.person_id)

    s3 = bucket("erasures")
    environment |= {
        "VINCULO_S3_URL": s3.url,
        "VINCULO_S3_ACCESS_KEY": s3.access_key,
        "VINCULO_S3_SECRET_KEY": s3.secret_key,
        "VINCULO_ERASURES_BUCKET": s3.bucket,
    }

    async with worker(environment, VINCULO_CRASH_AT=crash_at) as (process, _):
        code, _ = await ended(process)
    assert code == KILLED
    assert (await erasure(new_registry, erasure_id)).state == "requested"

    async with worker(environment):

        async def destroyed() -> bool:
            return (await erasure(new_registry, erasure_id)).state == "key_destroyed"

        await eventually(destroyed, TIMEOUT_SECONDS)

    new_registry.keys.forget(applicant.person_id)
    envelope = started.data["personal"]
    assert (
        await new_registry.keys.decrypt(applicant.person_id, started.event_id, envelope) == ERASED
    )
    assert (await new_registry.person(applicant.person_id)).erased_at == NOW
    (entry,) = s3.client().list_objects(s3.bucket)
    assert str(applicant.person_id) in (entry.object_name or "")


async def test_a_stream_with_a_missing_first_event_is_quarantined_alone(
    new_registry: RegistryHarness, environment: dict[str, str], eventually: Eventually
) -> None:
    broken, fine = Applicant(), Applicant()
    await broken.started(new_registry.keys)
    async with worker(environment):
        await produce(
            environment, broken.verified(), await fine.started(new_registry.keys), fine.verified()
        )

        async def is_pending() -> bool:
            return (await new_registry.event_types(fine.person_id)).count(
                "pre-customer-activated"
            ) == 1

        await eventually(is_pending, TIMEOUT_SECONDS)
        (dead_letter,) = await published(environment, dead_letter_topic(GROUP), 1)

    assert dead_letter.key == str(broken.person_id).encode()
    listing = await create_subprocess_exec(
        sys.executable,
        *("-m", "vinculo.customer_registry", "dead-letters", "list"),
        env=environment,
        stdout=PIPE,
    )
    listed, _ = await listing.communicate()
    assert b"gap: version 2 after 0" in listed


async def is_customer(new_registry: RegistryHarness, person_id: UUID) -> bool:
    try:
        return (await new_registry.record(person_id)).record.kind is Kind.CUSTOMER
    except PersonIsUnknown:
        return False


async def is_ready(port: int) -> bool:
    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/health/ready")
        assert answer.status_code == 200, answer.text
        return True


async def erasure(new_registry: RegistryHarness, erasure_id: UUID) -> Erasure:
    async with new_registry.dependencies.store.engine.connect() as connection:
        found = await find_erasure(connection, erasure_id)
    assert found is not None
    return found

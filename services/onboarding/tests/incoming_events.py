"""The topics of other services: publishing to them, and reading what onboarding publishes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID, uuid5

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # type: ignore[import-untyped]

from vinculo.contracts import topics
from vinculo.events import Meta
from vinculo.eventstore import StoredEvent
from vinculo.messaging import cloud_events, headers_of, serialized

TOPICS = (
    topics.ONBOARDING_APPLICATIONS,
    topics.ONBOARDING_DOCUMENT_CLAIMS,
    topics.ONBOARDING_PAYERS,
    topics.ONBOARDING_STAFF,
    topics.DOCUMENTS_DOSSIERS,
    topics.CUSTOMER_REGISTRY_CUSTOMERS,
    topics.NOTIFICATIONS_MESSAGES,
    topics.ACCESS_REVOCATIONS,
    "onboarding.dead-letters",
)
STREAMS = {
    "documents": {"dossier": topics.DOCUMENTS_DOSSIERS},
    "customer-registry": {"customer": topics.CUSTOMER_REGISTRY_CUSTOMERS},
    "notifications": {"message": topics.NOTIFICATIONS_MESSAGES},
}


async def publish(
    kafka: str, prefix: str, service: str, person_id: UUID, *events: tuple[str, dict[str, Any]]
) -> None:
    """Publish events of the service about the person, from version 1 on.

    An event that is published again has the same id.
    """
    ((category, _),) = STREAMS[service].items()
    to_record = cloud_events(service, STREAMS[service], prefix)
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        for version, (type_, data) in enumerate(events, 1):
            stored = StoredEvent(
                event_id=uuid5(person_id, f"{service}@{version}"),
                stream_id=f"{category}-{person_id}",
                subject=person_id,
                version=version,
                type=type_,
                data=data,
                personal=None,
                meta=Meta(),
                recorded_at=datetime.now(UTC),
            )
            record = to_record(serialized(stored))
            await producer.send_and_wait(
                record.topic, key=record.key, value=record.value, headers=record.headers
            )
    finally:
        await producer.stop()


async def published(kafka: str, topic: str, count: int) -> list[tuple[dict[str, str], Any]]:
    """Headers and values of the topic's first `count` records."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        records = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    return [(headers_of(record), orjson.loads(record.value)) for record in records]


class BackgroundTasks:
    """Tasks that run until the test ends; a failed one fails the test."""

    def __init__(self, *tasks: Callable[[], Awaitable[None]]) -> None:
        self._to_start = tasks
        self._tasks: list[asyncio.Future[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.ensure_future(task()) for task in self._to_start]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

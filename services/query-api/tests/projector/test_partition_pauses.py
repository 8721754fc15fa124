"""A projector goes on while a partition number is tried again, and with a client that fails."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from pymongo.errors import AutoReconnect

from vinculo.contracts import topics
from vinculo.messaging import (
    ConsumedEvent,
)
from vinculo.query_api.person_document.personal import DecryptedPart
from vinculo.query_api.person_document.schema import StoredDocument
from vinculo.query_api.projector.event_sources import EVENT_SOURCES
from vinculo.testing.fixture_types import Eventually

from ..event_samples import person_id
from ..projector_harness import PARTITIONS, ProjectorHarness
from .test_consumer import events_of

pytestmark = pytest.mark.servers


async def test_a_worker_waits_for_records_while_a_partition_is_tried_again(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a number after its pause nor one that another worker took over hurries its fetches.

    A fetch here takes some turns of the event loop, so it finds nothing if it is cut short.
    """
    fetch: Callable[..., Awaitable[object]] = AIOKafkaConsumer.getmany

    async def getmany(kafka: AIOKafkaConsumer, **arguments: object) -> object:
        for _ in range(10):
            await asyncio.sleep(0)
        return await fetch(kafka, **arguments)

    source = EVENT_SOURCES[topics.CUSTOMER_REGISTRY_CUSTOMERS]
    attempts: Counter[int] = Counter()
    is_away = True

    def fold(document: StoredDocument, received: ConsumedEvent, decrypted: DecryptedPart) -> None:
        if is_away:
            attempts[received.partition] += 1
            raise AutoReconnect
        source.fold(document, received, decrypted)

    async def is_shared() -> bool:
        owners = {each["session"] for each in await harness.collection("positions")}
        return len(owners) == 2

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", getmany)
    patched = {**EVENT_SOURCES, topics.CUSTOMER_REGISTRY_CUSTOMERS: replace(source, fold=fold)}
    monkeypatch.setattr("vinculo.query_api.projector.projected_topics.EVENT_SOURCES", patched)
    people = {person_id(n).int % PARTITIONS: n for n in range(20)}.values()
    await harness.make_keys(*(person_id(n) for n in people))
    await harness.publish_all(events_of(*people))

    async with harness.running_projectors():
        await eventually(lambda: len(attempts) == PARTITIONS and min(attempts.values()) > 1)
        async with harness.running_projectors():
            await eventually(is_shared)
            is_away = False
            await eventually(harness.has_projected_everything)
            more = [n + 20 for n in range(20)]
            await harness.make_keys(*(person_id(n) for n in more))
            await harness.publish_all(events_of(*more))
            await eventually(harness.has_projected_everything)


async def test_a_projector_whose_client_cancels_itself_goes_on(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_offsets: Callable[..., Awaitable[object]] = AIOKafkaConsumer.end_offsets
    cancelled: list[AIOKafkaConsumer] = []

    async def first_cancelled(kafka: AIOKafkaConsumer, *arguments: object) -> object:
        if not cancelled:
            cancelled.append(kafka)
            raise asyncio.CancelledError
        return await end_offsets(kafka, *arguments)

    monkeypatch.setattr(AIOKafkaConsumer, "end_offsets", first_cancelled)
    await harness.make_keys(person_id(0))
    await harness.publish_all(events_of(0))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    assert cancelled

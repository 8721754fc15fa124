"""Putting the projector, the rebuild and the care for dead letters together."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from aiokafka import TopicPartition as KafkaPartition
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.contracts import topics
from vinculo.eventstore import create_engine
from vinculo.messaging import DeadLetters, topics_check
from vinculo.privacy import KeyRing
from vinculo.query_api.generations import drop
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.projection.discards import read_discards
from vinculo.query_api.projection.live_store import LiveStore
from vinculo.query_api.projection.loader import (
    Loader,
    SetAsideInMemory,
    partitions_of,
)
from vinculo.query_api.projection.loading_store import LoadingStore
from vinculo.query_api.projection.metrics import projector_metrics
from vinculo.query_api.projection.naming import dead_letter_group, generation_group
from vinculo.query_api.projection.projection import Projection
from vinculo.query_api.projection.projector import Projector, Subscription
from vinculo.query_api.projection.rebuild import (
    Load,
    Say,
    begin_load,
    load_and_switch,
    places_of_dead_letters,
    progress,
)
from vinculo.query_api.projection.records import Reader
from vinculo.query_api.settings import Settings


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What projecting needs of the outside."""

    settings: Settings
    mongo: Mongo
    keyring: AsyncEngine
    keys: KeyRing
    dead_letters: DeadLetters

    async def check_keyring(self) -> None:
        async with self.keyring.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def check_kafka(self) -> None:
        prefix = self.settings.vinculo_topic_prefix
        needed = [f"{prefix}{topic}" for topic in topics.TOPICS]
        await topics_check(self.settings.vinculo_kafka, needed)()


@asynccontextmanager
async def projecting_parts(settings: Settings) -> AsyncIterator[Parts]:
    mongo = connect(settings.mongo_url, settings.query_mongo_driver)
    keyring = create_engine(settings.keyring_url, pool_size=2)
    dead_letters = DeadLetters(settings.vinculo_kafka, dead_letter_group(settings))
    try:
        yield Parts(
            settings=settings,
            mongo=mongo,
            keyring=keyring,
            keys=KeyRing(keyring, settings.key_encryption_key),
            dead_letters=dead_letters,
        )
    finally:
        await dead_letters.close()
        await keyring.dispose()
        await mongo.close()


def live_projection(
    parts: Parts, store: LiveStore, generation: str, discarded: frozenset[str] = frozenset()
) -> Projection:
    metrics = projector_metrics()
    return Projection(
        store,
        parts.keys,
        parts.dead_letters,
        discarded=discarded,
        on_folded=lambda folded: metrics.count(generation, folded),
    )


def projector_of(parts: Parts) -> Callable[[str], Projector]:
    """Make projectors, each of a generation."""
    settings = parts.settings

    def make(generation: str) -> Projector:
        store = LiveStore(parts.mongo, generation, utc_now)
        return Projector(
            generation,
            Subscription(
                kafka=settings.vinculo_kafka,
                group=generation_group(settings, generation),
                session_timeout_ms=settings.vinculo_session_timeout_ms,
            ),
            reader=Reader(settings.vinculo_topic_prefix),
            projection=live_projection(parts, store, generation),
            store=store,
            metrics=projector_metrics(),
            clock=utc_now,
        )

    return make


async def rebuild(settings: Settings, *, keep: bool, say: Say) -> str:
    """Fill a new generation, move the pointer to it, and give its name."""
    reader = Reader(settings.vinculo_topic_prefix)
    partitions = await partitions_of(settings.vinculo_kafka, reader.topics)
    placed = await places_of_dead_letters(settings.vinculo_kafka, dead_letter_group(settings))
    async with projecting_parts(settings) as parts:
        generation = await begin_load(parts.mongo.database, utc_now())
        say(f"loading generation {generation}")
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.vinculo_kafka,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            await consumer.start()
            load = await _load(parts, generation, consumer, partitions, say)
            await load_and_switch(
                load,
                parts.mongo.database,
                parts.dead_letters,
                placed=placed,
                keep=keep,
                clock=utc_now,
                say=say,
            )
        except BaseException:
            await drop(parts.mongo.database, generation)
            raise
        finally:
            await consumer.stop()
        return generation


async def _load(
    parts: Parts,
    generation: str,
    consumer: AIOKafkaConsumer,
    partitions: Sequence[KafkaPartition],
    say: Say,
) -> Load:
    discarded = await read_discards(parts.mongo.database)
    store = LoadingStore(parts.mongo, generation, utc_now)
    set_aside = SetAsideInMemory()
    projection = Projection(store, parts.keys, set_aside, discarded=discarded)
    reader = Reader(parts.settings.vinculo_topic_prefix, discarded)
    return Load(
        generation=generation,
        loader=Loader(
            consumer,
            partitions,
            reader=reader,
            projection=projection,
            store=store,
            progress=progress(parts.mongo.database, generation, utc_now, say),
        ),
        store=store,
        projection=projection,
        reader=reader,
        set_aside=set_aside,
    )

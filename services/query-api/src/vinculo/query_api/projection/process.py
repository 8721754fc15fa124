"""Putting the projector, the rebuild and the care for dead letters together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.contracts import topics
from vinculo.eventstore import create_engine
from vinculo.httpapi import Check
from vinculo.messaging import DeadLetters, topics_check
from vinculo.privacy import KeyRing, keyring_check
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.projection.live_store import LiveStore
from vinculo.query_api.projection.metrics import projector_metrics
from vinculo.query_api.projection.naming import dead_letter_group, generation_group
from vinculo.query_api.projection.projection import Projection
from vinculo.query_api.projection.projector import Projector, Subscription
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

    def checks(self) -> dict[str, Check]:
        prefix = self.settings.vinculo_topic_prefix
        needed = [f"{prefix}{topic}" for topic in topics.TOPICS]
        return {
            "mongodb": self.mongo.ping,
            "kafka": topics_check(self.settings.vinculo_kafka, needed),
            "keyring": keyring_check(self.keyring),
        }


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

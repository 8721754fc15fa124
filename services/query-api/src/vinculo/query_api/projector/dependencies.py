"""The projector process, and the dependencies that it shares with rebuilds and operators' commands.

Each generation is a consumer group. Dead letters of all generations go to one topic, because one
operator looks after them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.contracts import topics
from vinculo.events import utc_now
from vinculo.eventstore import create_engine
from vinculo.httpapi import Check, serve, worker_app
from vinculo.messaging import (
    RETRY_SECONDS,
    Consumer,
    DeadLetters,
    DecodedRecord,
    LetterKey,
    dead_letter_pruning_job,
    topics_check,
)
from vinculo.privacy import KeyRing, LedgerCheck, erasure_ledger, keyring_check
from vinculo.process import PeriodicJob, configure_logging, run_until_signal
from vinculo.query_api.generations import GenerationState, generations
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.projector.checkpoints import TopicPartition
from vinculo.query_api.projector.consumer import Projection, ProjectorConsumer
from vinculo.query_api.projector.document_checkpoints import DocumentCheckpoints, DocumentStore
from vinculo.query_api.projector.document_history import read_document_history
from vinculo.query_api.projector.fold import DocumentId
from vinculo.query_api.projector.live_store import LiveStore
from vinculo.query_api.projector.metrics import projector_metrics
from vinculo.query_api.projector.projected_topics import ProjectedTopics
from vinculo.query_api.projector.quarantine import read_discarded
from vinculo.query_api.projector.supervisor import Supervisor
from vinculo.query_api.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectorDependencies:
    settings: Settings
    mongo: Mongo
    keyring: AsyncEngine
    ledger_check: LedgerCheck
    keys: KeyRing
    dead_letters: DeadLetters

    def checks(self) -> dict[str, Check]:
        prefix = self.settings.vinculo_topic_prefix
        needed = [*ProjectedTopics(prefix).full_names, f"{prefix}{topics.ACCESS_REVOCATIONS}"]
        return {
            "mongodb": self.mongo.ping,
            "kafka": topics_check(self.settings.vinculo_kafka, needed),
            "keyring": keyring_check(self.keyring),
            "erasure-ledger": self.ledger_check.require_current,
        }


@asynccontextmanager
async def projector_dependencies(settings: Settings) -> AsyncIterator[ProjectorDependencies]:
    mongo = connect(settings.mongo_url, settings.query_mongo_driver)
    keyring = create_engine(settings.keyring_url, pool_size=2)
    ledger_check = LedgerCheck(keyring, erasure_ledger(settings))
    dead_letters = DeadLetters(settings.vinculo_kafka, dead_letter_group(settings))
    try:
        yield ProjectorDependencies(
            settings=settings,
            mongo=mongo,
            keyring=keyring,
            ledger_check=ledger_check,
            keys=KeyRing(
                keyring, settings.key_encryption_key, require_current=ledger_check.require_current
            ),
            dead_letters=dead_letters,
        )
    finally:
        await dead_letters.close()
        await keyring.dispose()
        await mongo.close()


def projection_consumer(
    dependencies: ProjectorDependencies,
    store: DocumentStore,
    *,
    offsets: dict[TopicPartition, int] | None = None,
    discarded: frozenset[LetterKey] = frozenset(),
) -> Consumer:
    """The engine's consumer that applies records to a store.

    `offsets` are the checkpoints of partitions that it moves; without, it is one for replays.
    """
    settings = dependencies.settings
    topics = ProjectedTopics(settings.vinculo_topic_prefix)

    async def history(document_id: DocumentId, partition: int) -> list[DecodedRecord]:
        return await read_document_history(consumer, topics, document_id, partition)

    consumer = Consumer(
        group=dead_letter_group(settings),
        sources=topics.sources,
        checkpoints=DocumentCheckpoints(
            store, dependencies.keys, topics, offsets=offsets, history=history
        ),
        kafka=settings.vinculo_kafka,
        session_timeout_ms=settings.vinculo_session_timeout_ms,
        discarded=discarded,
    )
    return consumer


@asynccontextmanager
async def served_consumers(settings: Settings) -> AsyncIterator[list[Consumer]]:
    """A consumer for replays into each served generation, kept ones included, for operators."""
    async with projector_dependencies(settings) as dependencies, AsyncExitStack() as stack:
        database = dependencies.mongo.database
        discarded = await read_discarded(dependencies.mongo.own)
        consumers = []
        for each in await generations(database):
            if each.state is GenerationState.SERVED:
                store = LiveStore(dependencies.mongo, each.name, utc_now)
                stack.push_async_callback(store.close)
                consumers.append(projection_consumer(dependencies, store, discarded=discarded))
        yield consumers


def projector_factory(dependencies: ProjectorDependencies) -> Callable[[str], ProjectorConsumer]:
    """A function that makes the projector of a generation."""
    settings = dependencies.settings

    def make_projector(generation: str) -> ProjectorConsumer:
        store = LiveStore(dependencies.mongo, generation, utc_now)
        replay_store = LiveStore(dependencies.mongo, generation, utc_now)
        offsets: dict[TopicPartition, int] = {}
        projection = Projection(
            generation=generation,
            group=generation_group(settings, generation),
            consumer=projection_consumer(dependencies, store, offsets=offsets),
            offsets=offsets,
            replaying=projection_consumer(dependencies, replay_store),
            dead_letters=dependencies.dead_letters,
            stores=(store, replay_store),
            read_discarded=lambda: read_discarded(dependencies.mongo.own),
        )
        return ProjectorConsumer(
            projection,
            metrics=projector_metrics(),
            retry_seconds=RETRY_SECONDS,
            stalled_after_seconds=settings.vinculo_stalled_after_seconds,
        )

    return make_projector


def run_projector(settings: Settings, host: str, port: int) -> None:
    """Project until a signal, with health and metrics on the port."""
    configure_logging("query-api")

    async def work() -> None:
        async with projector_dependencies(settings) as dependencies:
            supervisor = Supervisor(
                dependencies.mongo.database,
                projector_factory(dependencies),
                utc_now,
                projector_metrics().report_rebuilds,
            )
            app = worker_app(
                "query-projector",
                readiness={**dependencies.checks(), "projector": supervisor.check},
            )
            pruning = dead_letter_pruning(dependencies)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(serve(app, host, port))
                tasks.create_task(supervisor.run())
                tasks.create_task(pruning.run())

    run_until_signal(work)


def dead_letter_pruning(
    dependencies: ProjectorDependencies, clock: Callable[[], datetime] = utc_now
) -> PeriodicJob:
    """Its lock is on the key ring, the only PostgreSQL database of the service.

    Nothing is deleted while a rebuild runs, or when one has ended meanwhile: it relies on the dead
    letters that it has read.
    """
    settings, database = dependencies.settings, dependencies.mongo.database
    known: set[str] = set()

    @asynccontextmanager
    async def consumers() -> AsyncIterator[list[Consumer]]:
        known.clear()
        known.update(each.name for each in await generations(database))
        async with served_consumers(settings) as opened:
            yield opened

    async def are_served_generations_the_same() -> bool:
        found = await generations(database)
        is_loading = any(each.state is GenerationState.LOADING for each in found)
        return not is_loading and {each.name for each in found} == known

    return dead_letter_pruning_job(
        consumers,
        settings.dead_letters_kept,
        dependencies.keyring,
        may_delete=are_served_generations_the_same,
        clock=clock,
    )


def dead_letter_group(settings: Settings) -> str:
    """The consumer group that the topic of dead letters is named after."""
    return f"{settings.vinculo_topic_prefix}query-api"


def generation_group(settings: Settings, generation: str) -> str:
    """The consumer group of one generation's projectors."""
    return f"{dead_letter_group(settings)}.{generation}"

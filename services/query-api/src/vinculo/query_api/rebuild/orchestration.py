"""Rebuilds the read model: load a new generation from the log, compare it, move the pointer.

The rebuild loads in processes of its own and without a consumer group, so that the live projector
is not slowed. Once the new generation is handed over, projectors continue from the checkpoints that
the load has reached. Readers see the old generation until the pointer is moved.
"""

import asyncio
import gc
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from aiokafka import TopicPartition as KafkaPartition

from vinculo.events import utc_now
from vinculo.messaging import (
    Consumer,
    DeadLetter,
    DeadLetters,
    LetterKey,
    Outcome,
    QuarantineReason,
    ReplayReport,
    Resolution,
    positions_at,
    read_dead_letters,
    replay_pending,
    rewind_diverged,
    started,
)
from vinculo.query_api.generations import (
    POINTER_CACHE_SECONDS,
    Checkpoint,
    GenerationState,
    collection_names,
    drop_generation,
    ensure_indexes,
    generations,
    point_readers_to,
    read_pointer,
    register_generation,
    start_projection,
)
from vinculo.query_api.mongo import Database, collection_of
from vinculo.query_api.projector.checkpoints import TopicPartition, store_checkpoints
from vinculo.query_api.projector.dependencies import (
    ProjectorDependencies,
    dead_letter_group,
    projection_consumer,
    projector_dependencies,
)
from vinculo.query_api.projector.projected_topics import ProjectedTopics
from vinculo.query_api.projector.quarantine import read_discarded, resolution_updates
from vinculo.query_api.rebuild.bulk_store import BulkStore
from vinculo.query_api.rebuild.loader import (
    EngineFeed,
    InMemoryDeadLetters,
    Loader,
    ReportProgress,
    partitions_of,
)
from vinculo.query_api.rebuild.parallel_load import (
    EndOffsets,
    load_slice,
    load_slices,
    parse_slice,
    split_partitions,
    write_progress,
)
from vinculo.query_api.rebuild.progress import Print, RebuildProgress
from vinculo.query_api.rebuild.verification import (
    StreamLag,
    lag_key,
    lagging_streams,
    still_lagging,
)
from vinculo.query_api.settings import Settings

MAX_PROCESSES: Final = 4
GC_THRESHOLD: Final = 1_000_000
WAITING: Final = frozenset({QuarantineReason.KEY_MISSING, QuarantineReason.UNKNOWN_TYPE})
FETCH_WAIT_MS: Final = 5
FETCH_BYTES: Final = 4 * 1024 * 1024


class RebuildRunning(Exception):
    """Another rebuild is at work."""

    def __init__(self, generation: str) -> None:
        super().__init__(f"generation {generation} is being loaded by another rebuild")


class RebuildFailedError(Exception):
    """The new generation lacks events that the active one has; it was dropped."""

    def __init__(self, lags: Sequence[StreamLag]) -> None:
        first = ", ".join(str(lag) for lag in lags[:5])
        super().__init__(f"{len(lags)} streams are behind the active generation: {first}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadDependencies:
    """What loads a generation in this process."""

    consumer: Consumer
    store: BulkStore
    dead_letters: InMemoryDeadLetters
    loader: Loader


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildContext:
    """A running rebuild.

    `first_pass` loads the log up to the given offsets, in this process or in several. `published`
    are the dead letters of earlier generations.
    """

    generation: str
    load: LoadDependencies
    first_pass: Callable[[EndOffsets], Awaitable[None]]
    database: Database
    dead_letters: DeadLetters
    published: Mapping[LetterKey, DeadLetter]
    progress: RebuildProgress


def default_processes() -> int:
    return min(os.cpu_count() or 1, MAX_PROCESSES)


async def rebuild(settings: Settings, *, keep: bool, output: Print, processes: int = 1) -> str:
    """Load a new generation, make it the active one, and return its name.

    The old one is dropped unless it is to be kept.

    Raises:
        RebuildRunning: another rebuild is at work.
        RebuildFailedError: the new generation lacks events that the active one has.
        TopicsMissingError: Kafka does not have all topics.
        LoadSliceFailedError: one of several processes failed.

    """
    topics = ProjectedTopics(settings.vinculo_topic_prefix).full_names
    partitions = await partitions_of(settings.vinculo_kafka, topics)
    published = await read_dead_letters(settings.vinculo_kafka, dead_letter_group(settings))
    async with projector_dependencies(settings) as dependencies:
        database = dependencies.mongo.database
        generation = await _start_generation(database, utc_now())
        output(f"loading generation {generation}")
        progress = RebuildProgress(database, generation, utc_now, output)
        try:
            async with (
                progress.heartbeat(),
                _load_dependencies(
                    dependencies,
                    generation,
                    partitions,
                    progress.report_read,
                    has_other_writers=processes > 1,
                ) as load,
            ):
                context = RebuildContext(
                    generation=generation,
                    load=load,
                    first_pass=_first_pass(generation, load, progress.report_read, processes),
                    database=database,
                    dead_letters=dependencies.dead_letters,
                    published={each.key: each for each in published},
                    progress=progress,
                )
                await _load_and_activate(context, keep=keep)
        except BaseException:
            await drop_generation(database, generation)
            raise
        return generation


async def run_load_slice(settings: Settings, generation: str) -> None:
    """Load the slice on standard input, and write progress and result to standard output."""
    ends = parse_slice(sys.stdin.buffer.read())
    async with (
        projector_dependencies(settings) as dependencies,
        _load_dependencies(
            dependencies, generation, [], write_progress, has_other_writers=False
        ) as load,
    ):
        await load_slice(load.loader, load.store, load.dead_letters, ends)


async def _start_generation(database: Database, now: datetime) -> str:
    """Register the new generation, and drop those of rebuilds that died."""
    for each in await generations(database):
        if each.state is GenerationState.LOADING:
            if not each.is_abandoned(now):
                raise RebuildRunning(each.name)
            await drop_generation(database, each.name)
    return await register_generation(database, now)


@asynccontextmanager
async def _load_dependencies(
    dependencies: ProjectorDependencies,
    generation: str,
    partitions: Sequence[KafkaPartition],
    report: ReportProgress,
    *,
    has_other_writers: bool,
) -> AsyncIterator[LoadDependencies]:
    # A load keeps many objects and makes few cycles: at the usual threshold, garbage collection
    # takes a third of the time.
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 50, 50)
    settings = dependencies.settings
    discarded = await read_discarded(dependencies.mongo.own)
    store = BulkStore(dependencies.mongo, generation, has_other_writers=has_other_writers)
    dead_letters = InMemoryDeadLetters()
    consumer = projection_consumer(dependencies, store, discarded=discarded)
    kafka = AIOKafkaConsumer(
        bootstrap_servers=settings.vinculo_kafka,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        # While a fetch waits for new records, aiokafka sends that broker no other fetch, not even
        # for a partition with thousands of records left.
        fetch_max_wait_ms=FETCH_WAIT_MS,
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    async with started(kafka):
        yield LoadDependencies(
            consumer=consumer,
            store=store,
            dead_letters=dead_letters,
            loader=Loader(
                kafka,
                partitions,
                apply=EngineFeed(consumer, dead_letters).apply,
                store=store,
                report=report,
            ),
        )


def _first_pass(
    generation: str, load: LoadDependencies, report: ReportProgress, processes: int
) -> Callable[[EndOffsets], Awaitable[None]]:
    async def in_this_process(ends: EndOffsets) -> None:
        await load.loader.read_to(ends)
        await load.store.flush()

    async def in_several_processes(ends: EndOffsets) -> None:
        result = await load_slices(generation, split_partitions(ends, processes), report)
        load.loader.checkpoints |= ends
        load.store.quarantine(result.quarantined)
        for each in result.dead_letters:
            record = await load.loader.fetch(
                TopicPartition(each.topic, each.partition), each.offset
            )
            await load.dead_letters.put(record, each.reason, each.error, each.attempts)

    return in_this_process if processes == 1 else in_several_processes


async def _load_and_activate(context: RebuildContext, *, keep: bool) -> None:
    progress, database, generation = context.progress, context.database, context.generation
    active = await read_pointer(database)
    await context.first_pass(await context.load.loader.ends())
    await progress.report_step("making the indexes")
    await ensure_indexes(database, generation)
    await _catch_up(context.load)
    if active is not None:
        await progress.report_step(f"comparing with generation {active}")
        await _verify(context, active)
    await _hand_over(context, utc_now())
    await point_readers_to(database, generation)
    await progress.report_step(f"generation {generation} is active")
    if active is not None and not keep:
        # Readers cache the pointer for this time; the old generation must outlive their last read.
        await asyncio.sleep(2 * POINTER_CACHE_SECONDS)
        await drop_generation(database, active)
        await progress.report_step(f"generation {active} is dropped")


async def _catch_up(load: LoadDependencies) -> None:
    """Read to the current end of the log, and replay dead letters that can be applied now."""
    await load.loader.read_to(await load.loader.ends())
    await _replay(load)
    await load.store.flush()


async def _replay(load: LoadDependencies) -> None:
    """A diverged stream gets the later history of the log: nothing has been applied before.

    One that cannot be folded again now stays diverged.
    """
    pending = load.dead_letters.pending(load.consumer)
    for each in await load.consumer.checkpoints.quarantined_streams():
        if each.reason is QuarantineReason.DIVERGED:
            await rewind_diverged(load.consumer, each, pending)
    report = ReplayReport()
    await replay_pending(load.consumer, pending, report)
    load.dead_letters.remove({*report.applied, *report.dropped})


async def _verify(context: RebuildContext, active: str) -> None:
    """Raise RebuildFailedError when a stream is behind the active generation.

    A stream may be behind only because the active generation has read on; then catching up helps.
    One that waits for a key or for newer code is no reason to keep all others from being rebuilt.
    """
    database, generation = context.database, context.generation
    lags = [lag async for lag in lagging_streams(database, active, generation)]
    if lags:
        await _catch_up(context.load)
        lags = await still_lagging(database, generation, lags)
    waiting = {
        lag_key(stream_id, each.subject)
        for stream_id, each in context.load.store.quarantined_streams.items()
        if each.reason in WAITING
    }
    lags = [lag for lag in lags if (lag.id, lag.stream) not in waiting]
    if lags:
        raise RebuildFailedError(lags)


async def _hand_over(context: RebuildContext, now: datetime) -> None:
    """First the dead letters, then the quarantine that refers to them, then the checkpoints."""
    load = context.load
    letters = load.dead_letters.letters
    # Those of the beginning may have been deleted since, after their retention.
    published = await _published_keys(load.consumer) if letters else frozenset()
    for each in letters:
        if each.key not in published:
            reason = each.reason or QuarantineReason.POISON
            await context.dead_letters.put(each.record, reason, each.error, each.attempts)
    reasons = Counter(each.reason for each in load.store.quarantined_streams.values())
    for reason, streams in sorted(reasons.items()):
        context.progress.note(f"{streams:,} streams are quarantined: {reason}")
    await load.store.finish()
    names = collection_names(context.generation)
    await _record_resolved(context, now)
    positions = collection_of(context.database, names.positions, Checkpoint)
    offsets = load.loader.checkpoints
    last = await positions_at(
        load.consumer.kafka, {each: offset - 1 for each, offset in offsets.items()}
    )
    await store_checkpoints(positions, offsets, last, now)
    await start_projection(context.database, context.generation, now)


async def _published_keys(consumer: Consumer) -> AbstractSet[LetterKey]:
    letters = await read_dead_letters(consumer.kafka, consumer.group)
    return {each.key for each in letters}


async def _record_resolved(context: RebuildContext, now: datetime) -> None:
    """Dead letters of no stream that this load has applied are resolved in its generation.

    Those of streams need no record, as the quarantine tells which of them are left.
    """
    load = context.load
    left = {each.key for each in load.dead_letters.letters}
    consumed = {
        key: load.consumer.decode(each.record)
        for key, each in context.published.items()
        if key not in left and load.consumer.source_of(each.topic) is not None
    }
    resolved = [
        Resolution(key=key, outcome=Outcome.REPLAYED)
        for key, decoded in consumed.items()
        if not decoded.gapless or decoded.position is None
    ]
    names = collection_names(context.generation)
    if updates := resolution_updates(resolved, now):
        await context.database[names.resolutions].bulk_write(updates, ordered=False)

"""Putting a rebuild together, in one process or in several."""

import gc
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from aiokafka import TopicPartition as KafkaPartition

from vinculo.query_api.generations import drop
from vinculo.query_api.projection.discards import read_discards
from vinculo.query_api.projection.loader import (
    Loader,
    Progress,
    SetAsideInMemory,
    partitions_of,
)
from vinculo.query_api.projection.loading_store import LoadingStore
from vinculo.query_api.projection.naming import dead_letter_group
from vinculo.query_api.projection.process import Parts, projecting_parts, utc_now
from vinculo.query_api.projection.progress import RebuildProgress, Say
from vinculo.query_api.projection.projection import Projection
from vinculo.query_api.projection.rebuild import (
    Load,
    begin_load,
    load_and_switch,
    places_of_dead_letters,
)
from vinculo.query_api.projection.records import Reader
from vinculo.query_api.projection.shares import (
    Ends,
    load_share,
    load_shares,
    read_share,
    shares_of,
    tell_read,
)
from vinculo.query_api.settings import Settings

MOST_PROCESSES = 4
YOUNG_OBJECTS = 1_000_000
FETCH_WAIT_MS = 5
FETCH_BYTES = 4 * 1024 * 1024


def default_processes() -> int:
    return min(os.cpu_count() or 1, MOST_PROCESSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """The parts of a load in this process."""

    reader: Reader
    store: LoadingStore
    set_aside: SetAsideInMemory
    projection: Projection
    loader: Loader


async def rebuild(settings: Settings, *, keep: bool, say: Say, processes: int = 1) -> str:
    """Fill a new generation, move the pointer to it, and give its name."""
    topics = Reader(settings.vinculo_topic_prefix).topics
    partitions = await partitions_of(settings.vinculo_kafka, topics)
    placed = await places_of_dead_letters(settings.vinculo_kafka, dead_letter_group(settings))
    async with projecting_parts(settings) as parts:
        database = parts.mongo.database
        generation = await begin_load(database, utc_now())
        say(f"loading generation {generation}")
        progress = RebuildProgress(database, generation, utc_now, say)
        tell = progress.read
        try:
            async with (
                progress.beating(),
                _loading(parts, generation, partitions, tell, processes > 1) as loading,
            ):
                await load_and_switch(
                    _load(generation, loading, tell, processes),
                    database,
                    parts.dead_letters,
                    placed=placed,
                    keep=keep,
                    clock=utc_now,
                    progress=progress,
                )
        except BaseException:
            await drop(database, generation)
            raise
        return generation


async def load_one_share(settings: Settings, generation: str) -> None:
    """What `load-share` does: read the share on standard input, load it, tell of it."""
    ends = read_share(sys.stdin.buffer.read())
    async with (
        projecting_parts(settings) as parts,
        _loading(parts, generation, [], tell_read, begun_elsewhere=False) as loading,
    ):
        await load_share(loading.loader, loading.store, loading.set_aside, ends)


@asynccontextmanager
async def _loading(
    parts: Parts,
    generation: str,
    partitions: Sequence[KafkaPartition],
    tell: Progress,
    begun_elsewhere: bool,  # noqa: FBT001 - named at the store
) -> AsyncIterator[Loading]:
    """A load makes few cycles and holds very much; collecting as often as usual takes a third.

    While a fetch waits for more to be appended the consumer sends the broker no other, not even
    for a partition with thousands of records left, so that fetches may wait but shortly.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 50, 50)
    settings = parts.settings
    discarded = await read_discards(parts.mongo.database)
    reader = Reader(settings.vinculo_topic_prefix, discarded)
    store = LoadingStore(parts.mongo, generation, utc_now, begun_elsewhere=begun_elsewhere)
    set_aside = SetAsideInMemory()
    projection = Projection(store, parts.keys, set_aside, discarded=discarded)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.vinculo_kafka,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    try:
        await consumer.start()
        yield Loading(
            reader=reader,
            store=store,
            set_aside=set_aside,
            projection=projection,
            loader=Loader(
                consumer,
                partitions,
                reader=reader,
                projection=projection,
                store=store,
                progress=tell,
            ),
        )
    finally:
        await consumer.stop()


def _load(generation: str, loading: Loading, tell: Progress, processes: int) -> Load:
    async def alone(ends: Ends) -> None:
        await loading.loader.read_to(ends)
        await loading.store.flush()

    async def in_shares(ends: Ends) -> None:
        shared = await load_shares(generation, shares_of(ends, processes), tell)
        loading.loader.positions |= ends
        loading.store.quarantine(shared.waiting)
        for each, offset, error in shared.set_aside:
            loading.set_aside.records.append((await loading.loader.fetch(each, offset), error))

    return Load(
        generation=generation,
        loader=loading.loader,
        store=loading.store,
        projection=loading.projection,
        reader=loading.reader,
        set_aside=loading.set_aside,
        first_pass=alone if processes == 1 else in_shares,
    )

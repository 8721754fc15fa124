"""Listing, replaying and discarding the projector's dead letters.

Of several dead letters with the same version the first that applies wins; versions that the
document has already are dropped; the first that still fails stops its stream. A stream leaves
quarantine only when nothing later of it was dead-lettered meanwhile.

Resolutions are stored by location: discarded dead letters count for every generation, later
ones included; applied ones are recorded only where no quarantined stream shows it.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final, TypeAlias

from vinculo.events import utc_now
from vinculo.messaging import DeadLetter, UnknownDeadLetter, read_dead_letters
from vinculo.query_api.generations import (
    CollectionNames,
    GenerationState,
    collection_names,
    generations,
)
from vinculo.query_api.mongo import Database
from vinculo.query_api.projector.batch_processor import BatchProcessor
from vinculo.query_api.projector.dependencies import (
    ProjectorDependencies,
    dead_letter_group,
    live_batch_processor,
)
from vinculo.query_api.projector.fold import ReadableRecord, UnreadableRecord
from vinculo.query_api.projector.live_store import LiveStore
from vinculo.query_api.projector.record_reader import RecordReader, record_location

DISCARDED: Final = "discarded_records"
APPLIED: Final = "applied_dead_letters"

DeadLetterRecord: TypeAlias = ReadableRecord | UnreadableRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationReplay:
    """What a replay did in one generation: stream ids, and locations of what still fails."""

    generation: str
    released: Sequence[str]
    still_quarantined: Sequence[str]
    failed: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """`versions` is the last applied version by stream id; `failed` could not be applied."""

    versions: Mapping[str, int]
    failed: Sequence[DeadLetterRecord]


async def pending_dead_letters(dependencies: ProjectorDependencies) -> list[DeadLetter]:
    """Those of quarantined streams, and those without a stream that are not resolved yet."""
    database = dependencies.mongo.database
    discarded = await read_discarded(database)
    resolved = discarded | await _locations(database, APPLIED)
    reader = RecordReader(dependencies.settings.vinculo_topic_prefix, discarded)
    quarantined = {
        stream_id
        for generation in await _served_generations(dependencies)
        for stream_id in await _quarantined_streams(dependencies, collection_names(generation))
    }
    return [
        letter
        for letter in await _all_dead_letters(dependencies)
        if _is_pending(reader, letter, quarantined, resolved)
    ]


def _is_pending(
    reader: RecordReader,
    letter: DeadLetter,
    quarantined: Container[str],
    resolved: Container[str],
) -> bool:
    if letter.topic not in reader.topics:
        return False
    stream = stream_of(reader.read(letter.record))
    return letter.name not in resolved if stream is None else stream[0] in quarantined


async def discard_dead_letter(
    dependencies: ProjectorDependencies, location: str, now: datetime
) -> bool:
    """Discard a dead letter: its version counts as skipped from the next replay on.

    False when it was discarded before.

    Raises:
        UnknownDeadLetter: there is no dead letter of this location.

    """
    if location not in {letter.name for letter in await _all_dead_letters(dependencies)}:
        raise UnknownDeadLetter(f"{location} is not among the dead letters")
    written = await dependencies.mongo.database[DISCARDED].update_one(
        {"_id": location}, {"$setOnInsert": {"discarded_at": now}}, upsert=True
    )
    return written.upserted_id is not None


async def read_discarded(database: Database) -> frozenset[str]:
    """The locations of discarded dead letters."""
    return await _locations(database, DISCARDED)


async def replay_dead_letters(dependencies: ProjectorDependencies) -> list[GenerationReplay]:
    """Replay into every served generation, kept ones included."""
    return [
        await _replay_into(dependencies, generation)
        for generation in await _served_generations(dependencies)
    ]


async def _replay_into(dependencies: ProjectorDependencies, generation: str) -> GenerationReplay:
    discarded = await read_discarded(dependencies.mongo.database)
    store = LiveStore(dependencies.mongo, generation, utc_now)
    processor = live_batch_processor(dependencies, store, generation, discarded)
    try:
        return await _replay_until_no_progress(dependencies, generation, processor, discarded)
    finally:
        await store.close()


async def _replay_until_no_progress(
    dependencies: ProjectorDependencies,
    generation: str,
    processor: BatchProcessor,
    discarded: frozenset[str],
) -> GenerationReplay:
    """Replay again while streams are released: the projector may dead-letter more meanwhile."""
    names = collection_names(generation)
    database = dependencies.mongo.database
    released: list[str] = []
    while True:
        quarantined = await _quarantined_streams(dependencies, names)
        records = await _replayable_records(dependencies, discarded, quarantined)
        result = await replay_records(records, processor)
        await _record_applied(database, _applied_without_stream(records, result), utc_now())
        newly_released = await _release(dependencies, names, quarantined, result)
        released += newly_released
        left = await _quarantined_streams(dependencies, names)
        if not newly_released or not left:
            return GenerationReplay(
                generation=generation,
                released=released,
                still_quarantined=sorted(left),
                failed=[record_location(failed.record) for failed in result.failed],
            )


async def _all_dead_letters(dependencies: ProjectorDependencies) -> list[DeadLetter]:
    """Resolved ones included."""
    settings = dependencies.settings
    return await read_dead_letters(settings.vinculo_kafka, dead_letter_group(settings))


async def _served_generations(dependencies: ProjectorDependencies) -> list[str]:
    found = await generations(dependencies.mongo.database)
    return [each.name for each in found if each.state is GenerationState.SERVED]


async def _quarantined_streams(
    dependencies: ProjectorDependencies, names: CollectionNames
) -> dict[str, int]:
    rows = await dependencies.mongo.database[names.quarantine].find().to_list(None)
    return {row["_id"]: row["last_dead_lettered_version"] for row in rows}


async def _replayable_records(
    dependencies: ProjectorDependencies, discarded: frozenset[str], quarantined: dict[str, int]
) -> list[DeadLetterRecord]:
    """Those of quarantined streams, and those without a stream."""
    reader = RecordReader(dependencies.settings.vinculo_topic_prefix, discarded)
    records = [
        reader.read(letter.record)
        for letter in await _all_dead_letters(dependencies)
        if letter.topic in reader.topics
    ]
    return [
        record
        for record in records
        if (stream := stream_of(record)) is None or stream[0] in quarantined
    ]


async def _release(
    dependencies: ProjectorDependencies,
    names: CollectionNames,
    quarantined: dict[str, int],
    result: ReplayResult,
) -> list[str]:
    """Lift the quarantine of streams of which nothing later was dead-lettered meanwhile."""
    released = []
    for stream_id in quarantined:
        applied = result.versions.get(stream_id, 0)
        deleted = await dependencies.mongo.database[names.quarantine].delete_one(
            {"_id": stream_id, "last_dead_lettered_version": {"$lte": applied}}
        )
        if deleted.deleted_count:
            released.append(stream_id)
    return released


def _applied_without_stream(records: Iterable[DeadLetterRecord], result: ReplayResult) -> list[str]:
    return [
        record_location(record.record)
        for record in records
        if stream_of(record) is None and record not in result.failed
    ]


async def _record_applied(database: Database, locations: Iterable[str], now: datetime) -> None:
    for location in locations:
        await database[APPLIED].update_one(
            {"_id": location}, {"$setOnInsert": {"applied_at": now}}, upsert=True
        )


async def _locations(database: Database, collection: str) -> frozenset[str]:
    return frozenset(
        [document["_id"] async for document in database[collection].find({}, {"_id": 1})]
    )


async def replay_records(
    records: Iterable[DeadLetterRecord], processor: BatchProcessor
) -> ReplayResult:
    """Apply dead letters, given in the order in which they were dead-lettered."""
    streams: dict[str, list[DeadLetterRecord]] = {}
    failed: list[DeadLetterRecord] = []
    for record in records:
        stream = stream_of(record)
        if stream is not None:
            streams.setdefault(stream[0], []).append(record)
        elif not await processor.apply_dead_letter(record):
            failed.append(record)
    versions: dict[str, int] = {}
    for stream_id, of_stream in streams.items():
        versions[stream_id], left = await _replay_stream(of_stream, processor)
        failed += left
    return ReplayResult(versions=versions, failed=failed)


def stream_of(record: DeadLetterRecord) -> tuple[str, int] | None:
    """Stream id and version; None for a record that was dead-lettered without its stream."""
    if isinstance(record, UnreadableRecord):
        return record.stream
    if not record.source.gapless:
        return None
    return record.received.stream_id, record.received.version


def _version(record: DeadLetterRecord) -> int:
    stream = stream_of(record)
    return 0 if stream is None else stream[1]


async def _replay_stream(
    records: list[DeadLetterRecord], processor: BatchProcessor
) -> tuple[int, list[DeadLetterRecord]]:
    """The last applied version, and the records that are left from the first failure on."""
    applied = 0
    ordered = sorted(records, key=_version)
    for version, same_version in groupby(ordered, key=_version):
        if not await _apply_first(same_version, processor):
            return applied, [each for each in ordered if _version(each) >= version]
        applied = version
    return applied, []


async def _apply_first(records: Iterable[DeadLetterRecord], processor: BatchProcessor) -> bool:
    for record in records:
        if await processor.apply_dead_letter(record):
            return True
    return False

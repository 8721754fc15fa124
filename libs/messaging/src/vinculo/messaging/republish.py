"""Publishes all stored events of a service again, into topics that lost them.

The events are put into the outbox once more and the relay publishes them as ever. Of each stream
the pointers 1..n replace those that wait, under the lock of its head row: whatever is appended
later gets a larger id and is published later. Consumers ignore what they have applied already.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import asyncpg
import structlog
from sqlalchemy.engine import make_url

from vinculo.eventstore.append_notifier import CHANNEL
from vinculo.messaging.cloud_events import UUID_SUFFIX_LENGTH

MAX_WAITING_ROWS: Final = 5_000
MAX_BATCH_EVENTS: Final = 1_000
PAGE_STREAMS: Final = 1_000
POLL_SECONDS: Final = 0.02
STALL_SECONDS: Final = 30.0
CONNECT_TIMEOUT_SECONDS: Final = 10

Connection: TypeAlias = "asyncpg.Connection[Any]"
Report: TypeAlias = Callable[["Progress"], None]

_TRY_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext('vinculo-republish'), hashtext($1))"
_CATEGORY: Final = f"left(stream_id, -{UUID_SUFFIX_LENGTH})"
_TOTALS: Final = f"""
SELECT count(*) AS streams, coalesce(sum(version), 0)::bigint AS events
FROM streams WHERE {_CATEGORY} = ANY($1::text[])
"""  # noqa: S608 - a constant
_PAGE: Final = f"""
SELECT stream_id, version FROM streams
WHERE stream_id > $1 AND {_CATEGORY} = ANY($2::text[]) ORDER BY stream_id LIMIT $3
"""  # noqa: S608 - a constant
_LOCK_FREE: Final = """
SELECT stream_id, version FROM streams WHERE stream_id = ANY($1::text[])
ORDER BY stream_id FOR UPDATE SKIP LOCKED
"""
_LOCK_ONE: Final = "SELECT stream_id, version FROM streams WHERE stream_id = $1 FOR UPDATE"
# A row that the relay is just deleting is published already.
_REMOVE_WAITING: Final = """
DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox WHERE stream_id = ANY($1::text[]) FOR UPDATE SKIP LOCKED
)
"""
_INSERT: Final = """
INSERT INTO outbox (stream_id, version)
SELECT stream_id, version
FROM unnest($1::text[], $2::integer[]) AS stream (stream_id, last_version),
    generate_series(1, last_version) AS version
ORDER BY stream_id, version
"""
_WAITING: Final = f"""
SELECT count(*) AS rows, min(id) AS first_id FROM outbox
WHERE {_CATEGORY} = ANY($1::text[]) AND NOT ({_CATEGORY} = ANY($2::text[]) AND id <= $3)
"""  # noqa: S608 - a constant
_LAST_ID: Final = "SELECT coalesce(max(id), 0) FROM outbox"
_NEXT_ID: Final = "SELECT nextval(pg_get_serial_sequence('outbox', 'id'))"
_FORGET_POSITIONS: Final = """
DELETE FROM relay_positions WHERE topic IN (
    SELECT topic FROM halted_topics WHERE topic = ANY($1::text[])
)
"""
_BEGIN: Final = """
UPDATE halted_topics SET republished_from = $2 WHERE topic = ANY($1::text[]) RETURNING topic
"""
_HALTED_AGAIN: Final = """
SELECT topic FROM halted_topics
WHERE topic = ANY($1::text[]) AND republished_from IS DISTINCT FROM $2 LIMIT 1
"""
_END: Final = "DELETE FROM halted_topics WHERE topic = ANY($1::text[]) AND republished_from = $2"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedStreams:
    """What a service publishes: its relay's name, and the full topic name by stream category."""

    relay: str
    database_url: str
    kafka: str
    topics: Mapping[str, str]


class Progress(NamedTuple):
    """How many of the streams and their events are in the outbox again, and how many there are."""

    streams: int
    events: int
    total_streams: int
    total_events: int


class UnknownTopic(LookupError):
    """The service does not publish the topic."""


class RepublishRunning(Exception):
    """Another process republishes the same database."""


class RelayNotPublishing(Exception):
    """The outbox does not get shorter."""


class _HaltedMeanwhile(Exception):
    """The relay has seen a recreated topic since this run began."""


async def republish(
    published: PublishedStreams,
    topics: Collection[str] = (),
    *,
    report: Report = lambda _: None,
    max_waiting_rows: int = MAX_WAITING_ROWS,
    stall_seconds: float = STALL_SECONDS,
) -> Progress:
    """Publish the events of these topics again, by default of all, and return when that is done.

    It may be stopped and started again at any time: what was published twice is ignored.

    Raises:
        UnknownTopic: the service does not publish one of the topics.
        RepublishRunning: another process does the same.
        RelayNotPublishing: for `stall_seconds` no waiting row was published.

    """
    selected = selected_topics(published, topics)
    async with _locked_connection(published) as connection:
        republishing = _Republishing(
            connection, selected, max_waiting_rows=max_waiting_rows, stall_seconds=stall_seconds
        )
        return await republishing.run(report)


def selected_topics(published: PublishedStreams, topics: Collection[str]) -> dict[str, str]:
    """The named topics of the service by stream category; without names, all.

    Raises:
        UnknownTopic: the service does not publish one of them.

    """
    known = set(published.topics.values())
    if unknown := sorted(set(topics) - known):
        raise UnknownTopic(
            f"{published.relay} does not publish {', '.join(unknown)}; "
            f"it publishes {', '.join(sorted(known))}"
        )
    return {
        category: topic
        for category, topic in published.topics.items()
        if not topics or topic in topics
    }


@asynccontextmanager
async def _locked_connection(published: PublishedStreams) -> AsyncIterator[Connection]:
    url = make_url(published.database_url).set(drivername="postgresql")
    connection = await asyncpg.connect(
        url.render_as_string(hide_password=False),
        timeout=CONNECT_TIMEOUT_SECONDS,
        server_settings={"application_name": "vinculo-republish"},
    )
    try:
        if not await connection.fetchval(_TRY_LOCK, published.relay):
            raise RepublishRunning(f"another process republishes {published.relay}")
        yield connection
    finally:
        await connection.close()


class _Republishing:
    """`topics` are those to publish to, by stream category."""

    def __init__(
        self,
        connection: Connection,
        topics: Mapping[str, str],
        *,
        max_waiting_rows: int,
        stall_seconds: float,
    ) -> None:
        self._connection = connection
        self._topics = sorted(set(topics.values()))
        self._topic_of = topics
        self._categories = list(topics)
        self._halted_categories: list[str] = []
        self._from_id = 0
        self._max_waiting_rows = max_waiting_rows
        self._stall_seconds = stall_seconds

    async def run(self, report: Report) -> Progress:
        """Publish all; from the beginning again when a topic is lost meanwhile."""
        while True:
            try:
                return await self._run_once(report)
            except _HaltedMeanwhile:
                log.warning("republish-begins-again", topics=self._topics)

    async def _run_once(self, report: Report) -> Progress:
        await self._begin()
        totals = await self._connection.fetchrow(_TOTALS, self._categories)
        progress = Progress(0, 0, *(totals or (0, 0)))
        async for page in self._pages():
            for batch in batches(page, min(MAX_BATCH_EVENTS, self._max_waiting_rows)):
                await self._wait_for_room(sum(version for _, version in batch))
                events = await self._enqueue([stream_id for stream_id, _ in batch])
                progress = progress._replace(
                    streams=progress.streams + len(batch), events=progress.events + events
                )
                report(progress)
        await self._wait_until_published(await self._connection.fetchval(_LAST_ID))
        await self._end()
        return progress

    async def _begin(self) -> None:
        """Release halted topics for what gets its id from now on; earlier rows are replaced."""
        async with self._connection.transaction():
            self._from_id = await self._connection.fetchval(_NEXT_ID)
            await self._connection.execute(_FORGET_POSITIONS, self._topics)
            rows = await self._connection.fetch(_BEGIN, self._topics, self._from_id)
        halted = {row["topic"] for row in rows}
        self._halted_categories = [c for c, topic in self._topic_of.items() if topic in halted]

    async def _end(self) -> None:
        async with self._connection.transaction():
            await self._connection.execute(_END, self._topics, self._from_id)
            await self._raise_if_halted()
        await self._connection.execute(f"NOTIFY {CHANNEL}")

    async def _raise_if_halted(self) -> None:
        if await self._connection.fetchval(_HALTED_AGAIN, self._topics, self._from_id):
            raise _HaltedMeanwhile

    async def _pages(self) -> AsyncIterator[list[tuple[str, int]]]:
        """All streams in order of their ids, with the versions they have now."""
        after = ""
        while rows := await self._connection.fetch(_PAGE, after, self._categories, PAGE_STREAMS):
            yield [(row["stream_id"], row["version"]) for row in rows]
            after = rows[-1]["stream_id"]

    async def _enqueue(self, streams: Sequence[str]) -> int:
        """Put all events of the streams into the outbox; how many these are.

        A transaction that holds some head rows never waits for another, so it takes part in no
        deadlock. Streams whose head another transaction holds are done one at a time.
        """
        async with self._connection.transaction():
            locked = await self._connection.fetch(_LOCK_FREE, streams)
            events = await self._insert(locked)
        done = {row["stream_id"] for row in locked}
        for stream_id in streams:
            if stream_id not in done:
                async with self._connection.transaction():
                    events += await self._insert(await self._connection.fetch(_LOCK_ONE, stream_id))
        await self._connection.execute(f"NOTIFY {CHANNEL}")
        return events

    async def _insert(self, heads: Sequence[asyncpg.Record]) -> int:
        streams = [head["stream_id"] for head in heads]
        versions = [head["version"] for head in heads]
        await self._connection.execute(_REMOVE_WAITING, streams)
        await self._connection.execute(_INSERT, streams, versions)
        return sum(versions)

    async def _wait_for_room(self, events: int) -> None:
        limit = max(0, self._max_waiting_rows - events)
        await self._wait(lambda rows, _: rows <= limit)

    async def _wait_until_published(self, last_id: int) -> None:
        await self._wait(lambda _, first_id: first_id is None or first_id > last_id)

    async def _wait(self, is_reached: Callable[[int, int | None], bool]) -> None:
        """Wait for the relay; `is_reached` gets the number of waiting rows and the first id."""
        clock = asyncio.get_running_loop().time
        progressed_at, known_first_id = clock(), None
        while True:
            await self._raise_if_halted()
            waiting = await self._connection.fetchrow(
                _WAITING, self._categories, self._halted_categories, self._from_id
            )
            rows, first_id = waiting or (0, None)
            if is_reached(rows, first_id):
                return
            if first_id != known_first_id:
                progressed_at, known_first_id = clock(), first_id
            if clock() - progressed_at > self._stall_seconds:
                raise RelayNotPublishing(
                    f"{rows} rows wait in the outbox and none was published for "
                    f"{self._stall_seconds:g} seconds: start a worker of the service, and check "
                    "that it reaches Kafka and that all topics exist"
                )
            await asyncio.sleep(POLL_SECONDS)


def batches(streams: Sequence[tuple[str, int]], max_events: int) -> Iterator[list[tuple[str, int]]]:
    """Streams with together at most `max_events` events; one with more is alone."""
    batch: list[tuple[str, int]] = []
    events = 0
    for stream_id, version in streams:
        if batch and events + version > max_events:
            yield batch
            batch, events = [], 0
        batch.append((stream_id, version))
        events += version
    if batch:
        yield batch

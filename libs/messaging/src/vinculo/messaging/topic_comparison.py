"""Compares the topics that a service publishes with its event store.

Every record of a service is in its store before it is in Kafka. So a record that the store lacks
is of a history that the store no longer has, as after the restore of an older backup, or of
another writer.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from vinculo.messaging.decoding import headers_of, stream_position
from vinculo.messaging.kafka_consumer import started
from vinculo.messaging.log_positions import partition_counts
from vinculo.messaging.republish import PublishedStreams, selected_topics

CONNECT_TIMEOUT_SECONDS: Final = 10
POLL_MS: Final = 500
MAX_RECORDS: Final = 5_000

_STORED: Final = """
SELECT stored.event_id
FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS record (stream_id, version, place)
LEFT JOIN events AS stored USING (stream_id, version) ORDER BY place
"""
_EPOCH: Final = "SELECT epoch FROM store_epoch"

Connection: TypeAlias = "asyncpg.Connection[Any]"


class Difference(StrEnum):
    """Why a record is not as the store has it."""

    LOST = "lost"
    """The store has no such version of the stream, and has begun a new epoch since."""
    EPOCH_NOT_RAISED = "epoch-not-raised"
    """The store has no such version, and would append it again in the epoch of the record."""
    OTHER_EVENT = "other-event"
    """The store has another event at this version, which is in the topic, too."""
    NOT_PUBLISHED = "not-published"
    """The store has another event at this version, which the topic lacks."""
    FOREIGN = "foreign"
    """No event of this service: it names no stream, or another source."""


class UnstoredRecord(NamedTuple):
    """A record that the store lacks; `stream_id` is empty and `version` 0 if it names none."""

    topic: str
    partition: int
    offset: int
    stream_id: str
    version: int
    type: str
    difference: Difference

    @property
    def remedy(self) -> str:
        """What an operator does, in commands of the service and of those that consume its topic."""
        match self.difference:
            case Difference.LOST:
                return (
                    f"recreate {self.topic} empty, republish --topic {self.topic}, and rebuild the "
                    f"read model; dead-letters resync {self.stream_id} where it is listed later"
                )
            case Difference.EPOCH_NOT_RAISED:
                return "stop the service and begin a new epoch in its database; then compare again"
            case Difference.OTHER_EVENT:
                return f"dead-letters resync {self.stream_id} of each consumer that lists it"
            case Difference.NOT_PUBLISHED:
                return (
                    f"republish --topic {self.topic}, then dead-letters resync {self.stream_id} of "
                    "each consumer that lists it"
                )
            case Difference.FOREIGN:
                return f"find out who may write to {self.topic}; consumers have dead-lettered it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The number of records that were read, and those that the store lacks, by place."""

    records: int
    unstored: Sequence[UnstoredRecord]


class TopicsMissing(LookupError):
    """Kafka does not have all topics of the service."""


async def compare_topics(
    published: PublishedStreams,
    topics: Collection[str] = (),
    *,
    report: Callable[[int], None] = lambda _: None,
) -> Comparison:
    """Compare these topics up to now, or all of the service, which may run meanwhile.

    `report` gets the number of records read so far. A topic that other services publish to as well
    is compared as far as its records are of this service.

    Raises:
        UnknownTopic: the service does not publish one of the topics.
        TopicsMissing: one of the topics does not exist.

    """
    selected = sorted(set(selected_topics(published, topics).values()))
    url = make_url(published.database_url).set(drivername="postgresql")
    connection = await asyncpg.connect(
        url.render_as_string(hide_password=False), timeout=CONNECT_TIMEOUT_SECONDS
    )
    try:
        comparing = _Comparing(connection, published, await connection.fetchval(_EPOCH))
        async for records in _read(published.kafka, selected):
            await comparing.add(records)
            report(comparing.records)
        return Comparison(records=comparing.records, unstored=comparing.unstored())
    finally:
        await connection.close()


class _Comparing:
    def __init__(self, connection: Connection, published: PublishedStreams, epoch: int) -> None:
        self._connection = connection
        self._source = f"/{published.relay}/"
        self._owned = f"{published.relay}."
        self._epoch = epoch
        self._unstored: list[UnstoredRecord] = []
        self._replaced: set[tuple[str, str, int]] = set()
        """Topic, stream and version where the store has another event than a record."""
        self._published: set[tuple[str, str, int]] = set()
        """Those of which the store's event was read, too."""
        self.records = 0

    async def add(self, records: Sequence[ConsumerRecord]) -> None:
        self.records += len(records)
        events = []
        for record in records:
            headers = headers_of(record)
            position = stream_position(headers)
            if headers.get("ce_source", "").startswith(self._source) and position is not None:
                events.append((record, headers, position))
            elif self._owned in record.topic:
                self._unstored.append(_unstored(record, headers, Difference.FOREIGN))
        stored = await self._connection.fetch(
            _STORED, [each[2][0] for each in events], [each[2][1] for each in events]
        )
        for (record, headers, position), row in zip(events, stored, strict=True):
            self._compare(record, headers, position, row["event_id"])

    def unstored(self) -> list[UnstoredRecord]:
        found = [
            each._replace(difference=Difference.OTHER_EVENT)
            if (each.topic, each.stream_id, each.version) in self._published
            else each
            for each in self._unstored
        ]
        return sorted(found)

    def _compare(
        self,
        record: ConsumerRecord,
        headers: dict[str, str],
        position: tuple[str, int],
        stored: UUID | None,
    ) -> None:
        place = (record.topic, *position)
        if stored is None:
            epoch = headers.get("ce_storeepoch", "")
            is_raised = not epoch.isdecimal() or int(epoch) < self._epoch
            difference = Difference.LOST if is_raised else Difference.EPOCH_NOT_RAISED
            self._unstored.append(_unstored(record, headers, difference))
        elif headers.get("ce_id") != str(stored):
            self._replaced.add(place)
            self._unstored.append(_unstored(record, headers, Difference.NOT_PUBLISHED))
        elif place in self._replaced:
            self._published.add(place)


def _unstored(
    record: ConsumerRecord, headers: dict[str, str], difference: Difference
) -> UnstoredRecord:
    stream_id, version = stream_position(headers) or ("", 0)
    return UnstoredRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        stream_id=stream_id,
        version=version,
        type=headers.get("ce_type", ""),
        difference=difference,
    )


async def _read(kafka: str, topics: Iterable[str]) -> AsyncIterator[list[ConsumerRecord]]:
    """The records of the topics up to now, those of each partition in order."""
    names = set(topics)
    counts = await partition_counts(kafka, names)
    if missing := sorted(names - counts.keys()):
        raise TopicsMissing(f"there is no topic {', '.join(missing)}")
    partitions = [TopicPartition(name, n) for name in sorted(names) for n in range(counts[name])]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    async with started(consumer):
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        unread = {each for each in partitions if ends[each] > starts[each]}
        while unread:
            batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=MAX_RECORDS)
            for partition, records in batches.items():
                yield [each for each in records if each.offset < ends[partition]]
                if await consumer.position(partition) >= ends[partition]:
                    unread.discard(partition)
                    consumer.pause(partition)

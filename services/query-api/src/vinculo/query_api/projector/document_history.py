"""One document's events in the log, to fold it again from its beginning.

After the event store was restored from a backup, the log has two histories of some streams. The
later one counts.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord  # type: ignore[import-untyped]
from aiokafka import TopicPartition as KafkaPartition

from vinculo.messaging import (
    Consumer,
    DecidedRecord,
    Decision,
    DecodedRecord,
    Disposition,
    StreamState,
    started,
)
from vinculo.query_api.projector.fold import DocumentId
from vinculo.query_api.projector.projected_topics import ProjectedTopics

POLL_MS: Final = 500
APPLY: Final = Decision(Disposition.APPLY)


class LogIncompleteError(Exception):
    """The log lacks an event that was applied, so that the document cannot be folded again."""

    def __init__(self, stream_id: str, version: int) -> None:
        self.reason = f"the log has no readable version {version} of {stream_id}"
        super().__init__(self.reason)


async def read_document_history(
    consumer: Consumer, topics: ProjectedTopics, document_id: DocumentId, partition: int
) -> list[DecodedRecord]:
    """All records about the document up to now, of each topic in order.

    All topics are read from their beginning, in this partition number.
    """
    kafka = AIOKafkaConsumer(
        bootstrap_servers=consumer.kafka, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    async with started(kafka):
        partitions = [KafkaPartition(name, partition) for name in topics.full_names]
        kafka.assign(partitions)
        ends = await kafka.end_offsets(partitions)
        unread = {each for each, end in ends.items() if await kafka.position(each) < end}
        name = str(document_id.id).encode()
        found: list[DecodedRecord] = []
        while unread:
            for each, batch in (await kafka.getmany(*unread, timeout_ms=POLL_MS)).items():
                decoded = [consumer.decode(record) for record in batch if _names(record, name)]
                found += [record for record in decoded if topics.document_of(record) == document_id]
                if await kafka.position(each) >= ends[each]:
                    unread.discard(each)
    return found


def _names(record: ConsumerRecord, subject: bytes) -> bool:
    """Whether the key or a header has the subject; spares decoding all others."""
    if subject in (record.key or b""):
        return True
    return any(subject in (value or b"") for _, value in record.headers)


def refold_decisions(
    records: Iterable[DecodedRecord], last_version: Callable[[DecodedRecord], int]
) -> list[DecidedRecord]:
    """The events that make up the document, each stream up to its last version.

    Raises:
        LogIncompleteError: a version of a gapless stream is missing.

    """
    streams: dict[str, list[DecodedRecord]] = {}
    for each in records:
        if each.position is not None:
            streams.setdefault(each.position[0], []).append(each)
    decided: list[DecidedRecord] = []
    for stream in streams.values():
        if stream[0].gapless:
            decided += _latest_history(stream, last_version(stream[0]))
        else:
            decided += _newest_versions(stream)
    return decided


def _latest_history(records: Sequence[DecodedRecord], last_version: int) -> list[DecidedRecord]:
    """Versions 1 to `last_version`, each with its last event in the log.

    Another event with the same version begins a later history, of which later versions of the
    earlier one are no part. An unreadable record begins none.
    """
    history: dict[int, DecodedRecord] = {}
    for each in records:
        version = 0 if each.position is None else each.position[1]
        known = history.get(version)
        if known is not None and known.problem is None:
            if each.problem is not None or each.event_id == known.event_id:
                continue
            history = {v: kept for v, kept in history.items() if v < version}
        history[version] = each
    decided = []
    for version in range(1, last_version + 1):
        found = history.get(version)
        if found is None or found.problem is not None:
            stream_id = "" if records[0].position is None else records[0].position[0]
            raise LogIncompleteError(stream_id, version)
        decided.append(_applied(found, version))
    return decided


def _newest_versions(records: Iterable[DecodedRecord]) -> list[DecidedRecord]:
    decided: list[DecidedRecord] = []
    last_version = 0
    for each in records:
        if each.position is not None and each.event is not None and each.position[1] > last_version:
            last_version = each.position[1]
            decided.append(_applied(each, last_version))
    return decided


def _applied(record: DecodedRecord, version: int) -> DecidedRecord:
    return DecidedRecord(record, APPLY, StreamState(last_version=version))

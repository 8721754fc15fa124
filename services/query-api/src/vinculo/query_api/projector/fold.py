"""Folds a batch of records in memory: which documents change, which records are dead-lettered.

Pure: documents and quarantined streams go in, their new state comes out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from pydantic import ValidationError

from vinculo.contracts.customer_registry import RecordErased
from vinculo.messaging import (
    Arrival,
    ConsumedEvent,
    Disposition,
    QuarantineReason,
    StreamState,
    decide,
    safe_reason,
)
from vinculo.query_api.person_document.counters import (
    Group,
    StatusHistory,
    group_of,
    status_history_of,
)
from vinculo.query_api.person_document.list_columns import set_list_columns
from vinculo.query_api.person_document.personal import DecryptedPart
from vinculo.query_api.person_document.schema import Person, StoredDocument
from vinculo.query_api.person_document.sections import AnySource, DocumentKind, is_person
from vinculo.query_api.person_document.timeline import TimelineEntry, timeline_entry
from vinculo.query_api.projector.totals import CounterChanges


class DocumentId(NamedTuple):
    kind: DocumentKind
    id: UUID


@dataclass(slots=True, kw_only=True)
class TrackedDocument:
    """A document in memory, and its revision in the store (0: not stored yet).

    A revision is the number of events folded into the document: it rises with every write and does
    not depend on how records were batched. `partition` is the partition number of the first event
    of this batch that changed the document.
    """

    document: StoredDocument
    stored_revision: int
    partition: int | None = None

    @property
    def is_changed(self) -> bool:
        return self.partition is not None


@dataclass(slots=True, kw_only=True)
class TrackedPerson(TrackedDocument):
    """A person's document, and how it was counted."""

    document: Person
    previous_group: Group | None
    previous_history: StatusHistory


@dataclass(slots=True, kw_only=True)
class ReadableRecord:
    """A decoded record and its document. `decrypted` is the personal part, if it is displayed."""

    record: ConsumerRecord
    received: ConsumedEvent
    topic: str
    source: AnySource
    document_id: DocumentId
    decrypted: DecryptedPart = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRecord:
    """A record that could not be decoded. `stream` is the stream and version of its headers.

    The version of a record that an operator discarded counts as skipped.
    """

    record: ConsumerRecord
    error: str
    source: AnySource
    document_id: DocumentId | None = None
    stream: tuple[str, int] | None = None
    is_discarded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterRequest:
    """A record to dead-letter; `error` is the reason and has no value of the record in it."""

    record: ConsumerRecord
    error: str


@dataclass(slots=True, kw_only=True)
class FoldResult:
    """`quarantined` has the last dead-lettered version by stream id, for rows to write."""

    timeline: list[TimelineEntry] = field(default_factory=list)
    dead_letters: list[DeadLetterRequest] = field(default_factory=list)
    quarantined: dict[str, int] = field(default_factory=dict)
    erased: list[UUID] = field(default_factory=list)
    applied: int = 0


def track(document_id: DocumentId, stored: StoredDocument | None) -> TrackedDocument:
    document = stored or StoredDocument(_id=document_id.id, revision=0)
    if is_person(document, document_id.kind):
        return TrackedPerson(
            document=document,
            stored_revision=document["revision"],
            previous_group=group_of(document),
            previous_history=status_history_of(document),
        )
    return TrackedDocument(document=document, stored_revision=document["revision"])


def changed_documents(
    documents: Mapping[DocumentId, TrackedDocument], kind: DocumentKind
) -> Iterator[TrackedDocument]:
    return (
        tracked
        for document_id, tracked in documents.items()
        if document_id.kind is kind and tracked.is_changed
    )


def count_changes(people: Iterable[TrackedDocument], changes: CounterChanges) -> None:
    """Add the changes of these documents to the changes of the counters."""
    for tracked in people:
        if isinstance(tracked, TrackedPerson) and tracked.partition is not None:
            history = status_history_of(tracked.document)
            changes.move(tracked.partition, tracked.previous_group, group_of(tracked.document))
            changes.replace_history(tracked.partition, tracked.previous_history, history)


def count_and_mark(people: Iterable[TrackedDocument], changes: CounterChanges) -> None:
    """Count, and mark the documents as counted and unchanged."""
    for tracked in people:
        if isinstance(tracked, TrackedPerson) and tracked.partition is not None:
            group, history = group_of(tracked.document), status_history_of(tracked.document)
            changes.move(tracked.partition, tracked.previous_group, group)
            changes.replace_history(tracked.partition, tracked.previous_history, history)
            tracked.previous_group, tracked.previous_history = group, history
            tracked.partition = None


def fold_batch(
    batch: Sequence[ReadableRecord | UnreadableRecord],
    documents: Mapping[DocumentId, TrackedDocument],
    quarantined: Mapping[str, int],
) -> FoldResult:
    """Fold the records, in the order of their partitions, into the tracked documents.

    A record that its document has already is ignored. An unreadable record and one that follows a
    gap are dead-lettered, and so is the rest of their stream; other streams continue.
    """
    result = FoldResult()
    quarantine = dict(quarantined)
    for each in batch:
        if isinstance(each, ReadableRecord):
            _fold(each, documents[each.document_id], result, quarantine)
        elif each.document_id is None or each.stream is None:
            _dead_letter(each, each.error, result)
        else:
            _fold_unreadable(each, documents[each.document_id], each.stream, result, quarantine)
    for tracked in documents.values():
        if isinstance(tracked, TrackedPerson) and tracked.is_changed:
            set_list_columns(tracked.document)
    return result


def _fold(
    readable: ReadableRecord,
    tracked: TrackedDocument,
    result: FoldResult,
    quarantine: dict[str, int],
) -> None:
    source, received = readable.source, readable.received
    stream, version = received.stream_id, received.version
    last = source.last_version(tracked.document, received)
    state = None
    # Fast path: almost every record is the next version of an unquarantined stream.
    if version != last + 1 or stream in quarantine:
        state = StreamState(last_version=last, last_dead_lettered_version=quarantine.get(stream))
        disposition = _disposition(version, state, source)
        if disposition is not Disposition.APPLY:
            reason = _gap_reason(version, state)
            _skip_or_dead_letter(readable, disposition, reason, result, quarantine)
            return
    try:
        source.fold(tracked.document, received, readable.decrypted)
    except ValidationError as error:
        state = state or StreamState(last_version=last)
        disposition = _disposition(version, state, source, QuarantineReason.POISON)
        reason = f"personal part: {safe_reason(error)}"
        _skip_or_dead_letter(readable, disposition, reason, result, quarantine)
    else:
        _record_applied(readable, tracked, result)


def _disposition(
    version: int, state: StreamState, source: AnySource, problem: QuarantineReason | None = None
) -> Disposition:
    arrival = Arrival(version=version, gapless=source.gapless, problem=problem)
    return decide(arrival, state).disposition


def _skip_or_dead_letter(
    readable: ReadableRecord,
    disposition: Disposition,
    reason: str,
    result: FoldResult,
    quarantine: dict[str, int],
) -> None:
    if disposition is not Disposition.IGNORE:
        _dead_letter(readable, reason, result)
    if disposition is Disposition.QUARANTINE:
        _quarantine(readable.received.stream_id, readable.received.version, result, quarantine)


def _fold_unreadable(
    unreadable: UnreadableRecord,
    tracked: TrackedDocument,
    stream: tuple[str, int],
    result: FoldResult,
    quarantine: dict[str, int],
) -> None:
    stream_id, version = stream
    source = unreadable.source
    state = StreamState(
        last_version=source.last_version(tracked.document, None),
        last_dead_lettered_version=quarantine.get(stream_id),
    )
    problem = None if unreadable.is_discarded else QuarantineReason.POISON
    disposition = _disposition(version, state, source, problem)
    if disposition is Disposition.APPLY:
        source.skip(tracked.document, version)
        _mark_changed(tracked, unreadable.record)
    elif disposition is not Disposition.IGNORE:
        _dead_letter(unreadable, unreadable.error, result)
    if disposition is Disposition.QUARANTINE:
        _quarantine(stream_id, version, result, quarantine)


def _record_applied(readable: ReadableRecord, tracked: TrackedDocument, result: FoldResult) -> None:
    received = readable.received
    _mark_changed(tracked, readable.record)
    result.applied += 1
    if readable.source.in_timeline:
        result.timeline.append(timeline_entry(received, readable.topic))
    if isinstance(received.payload, RecordErased):
        result.erased.append(received.subject)


def _mark_changed(tracked: TrackedDocument, record: ConsumerRecord) -> None:
    tracked.document["revision"] += 1
    if tracked.partition is None:
        tracked.partition = record.partition


def _dead_letter(each: ReadableRecord | UnreadableRecord, error: str, result: FoldResult) -> None:
    if isinstance(each, ReadableRecord) or not each.is_discarded:
        result.dead_letters.append(DeadLetterRequest(record=each.record, error=error))


def _quarantine(
    stream_id: str, version: int, result: FoldResult, quarantine: dict[str, int]
) -> None:
    last = max(version, quarantine.get(stream_id, 0))
    quarantine[stream_id] = last
    result.quarantined[stream_id] = last


def _gap_reason(version: int, state: StreamState) -> str:
    if state.is_quarantined:
        return "follows its quarantined stream"
    return f"gap: version {version} after {state.last_version}"

"""Folds decided records in memory into the documents that they change.

Pure: documents go in, their new state comes out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import ValidationError

from vinculo.contracts.customer_registry import RecordErased
from vinculo.messaging import (
    ConsumedEvent,
    DecidedRecord,
    Disposition,
    PoisonMessage,
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


@dataclass(slots=True)
class StreamTarget:
    """What a stream is folded into. `topic` is without the deployment's prefix."""

    topic: str
    source: AnySource
    tracked: TrackedDocument


@dataclass(slots=True, kw_only=True)
class FoldResult:
    """Entries of the timeline, and the people who were erased."""

    timeline: list[TimelineEntry] = field(default_factory=list)
    erased: list[UUID] = field(default_factory=list)


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


def copies_of(targets: Iterable[StreamTarget]) -> list[tuple[TrackedDocument, Any]]:
    """The documents with copies of what a fold may change, to undo it after an error."""
    copies: dict[int, tuple[TrackedDocument, Any]] = {}
    for target in targets:
        tracked = target.tracked
        if id(tracked) not in copies:
            copies[id(tracked)] = tracked, dict(tracked.document)
        copy = copies[id(tracked)][1]
        for name in target.source.changed_fields:
            if name in copy:
                copy[name] = _copy(copy[name])
    return list(copies.values())


def _copy(value: Any) -> Any:  # noqa: ANN401 - any value of a document
    """A copy of all dicts and lists; `copy.deepcopy` takes ten times as long."""
    if type(value) is dict:
        return {name: _copy(each) for name, each in value.items()}
    if type(value) is list:
        return [_copy(each) for each in value]
    return value


def fold_batch(
    decided: Sequence[DecidedRecord],
    targets: Mapping[str, StreamTarget],
    decrypted: Sequence[DecryptedPart],
) -> FoldResult:
    """Fold the records that are to be applied into their targets, by checkpoint id.

    `decrypted` has the personal part of each record, if it is displayed. After an error the
    documents are useless.

    Raises:
        PoisonMessage: a personal part is not what the event's type promises.

    """
    result = FoldResult()
    changed: list[TrackedPerson] = []
    for each, part in zip(decided, decrypted, strict=True):
        record = each.record
        if each.decision.disposition is not Disposition.APPLY or record.position is None:
            continue
        target = targets[record.position[0]]
        tracked = target.tracked
        if record.event is None:
            target.source.advance(
                tracked.document,
                *record.position,
                record.event_id,
                record.store_epoch,
            )
        else:
            _fold(record.event, target, part, result)
        tracked.document["revision"] += 1
        if tracked.partition is None:
            tracked.partition = record.record.partition
            if isinstance(tracked, TrackedPerson):
                changed.append(tracked)
    for person in changed:
        set_list_columns(person.document)
    return result


def _fold(
    event: ConsumedEvent, target: StreamTarget, part: DecryptedPart, result: FoldResult
) -> None:
    try:
        target.source.fold(target.tracked.document, event, part)
    except ValidationError as error:
        raise PoisonMessage(f"personal part: {safe_reason(error)}") from error
    if target.source.in_timeline:
        result.timeline.append(timeline_entry(event, target.topic))
    if isinstance(event.payload, RecordErased):
        result.erased.append(event.subject)

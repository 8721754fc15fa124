"""Folding a batch in memory, per document: what to write, what to set aside.

Pure: documents and quarantined streams go in, their new state comes out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from pydantic import ValidationError

from vinculo.contracts.customer_registry import RecordErased
from vinculo.messaging import (
    ConsumedEvent,
    Disposition,
    StreamState,
    decide_disposition,
    safe_reason,
)
from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.list_columns import set_list_columns
from vinculo.query_api.person_document.personal import DecryptedPart
from vinculo.query_api.person_document.sections import DocumentKind, EventSource
from vinculo.query_api.person_document.timeline import timeline_entry
from vinculo.query_api.projection.documents import Held, Target


@dataclass(slots=True, kw_only=True)
class Incoming:
    """A record that was understood, and where it goes. `opened` is its personal part, if shown."""

    record: ConsumerRecord
    received: ConsumedEvent
    topic: str
    feed: EventSource
    target: Target
    opened: DecryptedPart = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A record that was not understood. `stream` is the stream and version in its headers, if any.

    `discarded` when an operator gave it up: then its version counts as skipped.
    """

    record: ConsumerRecord
    error: str
    feed: EventSource
    target: Target | None = None
    stream: tuple[str, int] | None = None
    discarded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A record for the dead letters, and why; the reason holds no value of the record."""

    record: ConsumerRecord
    error: str


@dataclass(slots=True, kw_only=True)
class Folded:
    """`quarantined` are the rows to write: the last dead-lettered version by stream id."""

    timeline: list[Document] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    quarantined: dict[str, int] = field(default_factory=dict)
    erased: list[UUID] = field(default_factory=list)
    applied: int = 0


def fold_batch(
    batch: Sequence[Incoming | Unreadable],
    documents: Mapping[Target, Held],
    quarantined: Mapping[str, int],
) -> Folded:
    """Fold the records, in the order of their partitions, into the documents held.

    A record that its document has already is ignored. One that is unreadable or comes after a gap
    is set aside, and so is everything of its stream from there on; others go on.
    """
    folded = Folded()
    waiting = dict(quarantined)
    for each in batch:
        if isinstance(each, Incoming):
            _fold(each, documents[each.target], folded, waiting)
        elif each.target is None or each.stream is None:
            _set_aside(each, each.error, folded)
        else:
            _fold_unreadable(each, documents[each.target], each.stream, folded, waiting)
    for target, held in documents.items():
        if target.family is DocumentKind.PEOPLE and held.changed:
            set_list_columns(held.document)
    return folded


def _fold(incoming: Incoming, held: Held, folded: Folded, waiting: dict[str, int]) -> None:
    """The next version of a stream that goes on is what nearly all are, and needs no judging."""
    feed, received = incoming.feed, incoming.received
    stream, version = received.stream_id, received.version
    last = feed.last_version(held.document, received)
    state = None
    if version != last + 1 or stream in waiting:
        state = StreamState(last_version=last, last_dead_lettered_version=waiting.get(stream))
        verdict = decide_disposition(version, state, readable=True, gapless=feed.gapless)
        if verdict is not Disposition.APPLY:
            _pass_by(incoming, verdict, _why(version, state), folded, waiting)
            return
    try:
        feed.fold(held.document, received, incoming.opened)
    except ValidationError as error:
        state = state or StreamState(last_version=last)
        verdict = decide_disposition(version, state, readable=False, gapless=feed.gapless)
        _pass_by(incoming, verdict, f"personal part: {safe_reason(error)}", folded, waiting)
    else:
        _note(incoming, held, folded)


def _pass_by(
    incoming: Incoming, verdict: Disposition, reason: str, folded: Folded, waiting: dict[str, int]
) -> None:
    if verdict is not Disposition.IGNORE:
        _set_aside(incoming, reason, folded)
    if verdict is Disposition.QUARANTINE:
        _wait(incoming.received.stream_id, incoming.received.version, folded, waiting)


def _fold_unreadable(
    unreadable: Unreadable,
    held: Held,
    stream: tuple[str, int],
    folded: Folded,
    waiting: dict[str, int],
) -> None:
    stream_id, version = stream
    feed = unreadable.feed
    state = _state(feed, held, None, waiting.get(stream_id))
    verdict = decide_disposition(
        version, state, readable=unreadable.discarded, gapless=feed.gapless
    )
    if verdict is Disposition.APPLY:
        feed.skip(held.document, version)
        _touch(held, unreadable.record)
    elif verdict is not Disposition.IGNORE:
        _set_aside(unreadable, unreadable.error, folded)
    if verdict is Disposition.QUARANTINE:
        _wait(stream_id, version, folded, waiting)


def _state(
    feed: EventSource, held: Held, received: ConsumedEvent | None, dead_lettered: int | None
) -> StreamState:
    return StreamState(
        last_version=feed.last_version(held.document, received),
        last_dead_lettered_version=dead_lettered,
    )


def _note(incoming: Incoming, held: Held, folded: Folded) -> None:
    received = incoming.received
    _touch(held, incoming.record)
    folded.applied += 1
    if incoming.feed.in_timeline:
        folded.timeline.append(timeline_entry(received, incoming.topic))
    if isinstance(received.payload, RecordErased):
        folded.erased.append(received.subject)


def _touch(held: Held, record: ConsumerRecord) -> None:
    held.document["revision"] += 1
    if held.partition is None:
        held.partition = record.partition


def _set_aside(each: Incoming | Unreadable, error: str, folded: Folded) -> None:
    if isinstance(each, Incoming) or not each.discarded:
        folded.set_aside.append(SetAside(record=each.record, error=error))


def _wait(stream_id: str, version: int, folded: Folded, waiting: dict[str, int]) -> None:
    last = max(version, waiting.get(stream_id, 0))
    waiting[stream_id] = last
    folded.quarantined[stream_id] = last


def _why(version: int, state: StreamState) -> str:
    if state.is_quarantined:
        return "follows its quarantined stream"
    return f"gap: version {version} after {state.last_version}"

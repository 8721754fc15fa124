"""Applying a batch of records to one generation: read, open, fold, set aside, write.

What is wrong with a record's content is found by halving the batch until it is alone, and then set
aside with its stream. Everything else that fails is a fault of a server and left to the caller.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from bson.errors import BSONError
from pymongo.errors import BulkWriteError, DocumentTooLarge, OperationFailure

from vinculo.events import Erased
from vinculo.privacy import EnvelopeRefused
from vinculo.query_api.person_document.personal import has_displayed_personal_data
from vinculo.query_api.projection.documents import Held, Target
from vinculo.query_api.projection.fold import (
    Folded,
    Incoming,
    Unreadable,
    fold_batch,
)
from vinculo.query_api.projection.live_store import StaleDocumentsError
from vinculo.query_api.projection.positions import Advance, TopicPartition
from vinculo.query_api.projection.records import place_of

Batch = Sequence[Incoming | Unreadable]

UNFIT: Final = (EnvelopeRefused, BSONError, DocumentTooLarge, OverflowError)
"""What a document or an envelope raises that no server will ever take."""

UNFIT_CODES: Final = frozenset({2, 15, 52, 55, 10334, 17419, 17420, 17280})
"""MongoDB's for values out of range, too deep, too large, or under a name it does not store."""


class Store(Protocol):
    async def load(self, targets: Iterable[Target]) -> dict[Target, Held]: ...

    async def quarantined(self, stream_ids: Iterable[str]) -> dict[str, int]: ...

    async def save(
        self,
        documents: dict[Target, Held],
        folded: Folded,
        advances: Mapping[TopicPartition, Advance],
    ) -> None: ...


class Keys(Protocol):
    async def open_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]: ...

    def forget(self, subject: UUID) -> None: ...


class DeadLetters(Protocol):
    async def put(self, record: ConsumerRecord, error: str) -> None:
        """Return once it is acknowledged."""


class Projection:
    """`positions` are the offsets to which each topic partition is applied, as stored."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        dead_letters: DeadLetters,
        *,
        discarded: Container[str] = frozenset(),
        on_folded: Callable[[Folded], None] = lambda _folded: None,
    ) -> None:
        self._store = store
        self._keys = keys
        self._dead_letters = dead_letters
        self._discarded = discarded
        self._on_folded = on_folded

    async def apply(self, batch: Batch, positions: dict[TopicPartition, int]) -> None:
        """Apply records, each topic partition's in its order, and move the positions past them.

        A fault leaves the positions where the last written part of the batch ends.
        """
        if not batch:
            return
        try:
            await self._apply_together(batch, positions)
        except (*UNFIT, OperationFailure) as error:
            if not _is_unfit(error):
                raise
            if len(batch) == 1:
                await self._apply_together([_unfit(batch[0], error, self._discarded)], positions)
                return
            middle = len(batch) // 2
            await self.apply(batch[:middle], positions)
            await self.apply(batch[middle:], positions)

    async def _apply_together(self, batch: Batch, positions: dict[TopicPartition, int]) -> None:
        advances = advances_of(batch, positions)
        told: set[str] = set()
        while True:
            documents = await self._store.load(
                {each.target for each in batch if each.target is not None}
            )
            waiting = await self._store.quarantined(_streams(batch))
            await self._open(batch, documents)
            folded = fold_batch(batch, documents, waiting)
            for letter in folded.set_aside:
                if (place := place_of(letter.record)) not in told:
                    await self._dead_letters.put(letter.record, letter.error)
                    told.add(place)
            try:
                await self._store.save(documents, folded, advances)
            except StaleDocumentsError:
                continue
            break
        for each, advance in advances.items():
            if each in positions:  # it may have been taken away meanwhile
                positions[each] = advance.end
        for subject in folded.erased:
            self._keys.forget(subject)
        self._on_folded(folded)

    async def apply_letter(self, letter: Incoming | Unreadable) -> bool:
        """Apply a dead letter, whether or not its stream is quarantined.

        False when it still cannot be applied; a version that the document has counts as applied.
        """
        targets = {letter.target} if letter.target is not None else set()
        try:
            while True:
                documents = await self._store.load(targets)
                await self._open([letter], documents)
                folded = fold_batch([letter], documents, {})
                if folded.set_aside:
                    return False
                try:
                    await self._store.save(documents, folded, {})
                except StaleDocumentsError:
                    continue
                break
        except (*UNFIT, OperationFailure) as error:
            if not _is_unfit(error):
                raise
            return False
        for subject in folded.erased:
            self._keys.forget(subject)
        self._on_folded(folded)
        return True

    async def _open(self, batch: Batch, documents: Mapping[Target, Held]) -> None:
        """Open in one go what the documents will show; duplicates and the erased need none."""
        sealed = [
            each
            for each in batch
            if isinstance(each, Incoming)
            and has_displayed_personal_data(each.received.payload)
            and each.received.payload.personal is not None
            and documents[each.target].document.get("erased_at") is None
            and each.received.version
            > each.feed.last_version(documents[each.target].document, each.received)
        ]
        opened = await self._keys.open_many(
            [(e.received.subject, e.received.event_id, e.received.data["personal"]) for e in sealed]
        )
        for each, personal in zip(sealed, opened, strict=True):
            each.opened = personal


def advances_of(
    batch: Batch, positions: Mapping[TopicPartition, int]
) -> dict[TopicPartition, Advance]:
    """From where to where the batch takes each of its topic partitions."""
    last: dict[tuple[str, int], ConsumerRecord] = {}
    event_at: dict[tuple[str, int], datetime] = {}
    for each in batch:
        record = each.record
        where = record.topic, record.partition
        last[where] = record
        if isinstance(each, Incoming):
            event_at[where] = each.received.time
    return {
        TopicPartition(*where): Advance(
            start=positions[TopicPartition(*where)],
            end=record.offset + 1,
            event_at=event_at.get(where),
        )
        for where, record in last.items()
    }


def _streams(batch: Batch) -> set[str]:
    found = set()
    for each in batch:
        if isinstance(each, Incoming):
            found.add(each.received.stream_id)
        elif each.stream is not None:
            found.add(each.stream[0])
    return found


def _is_unfit(error: Exception) -> bool:
    if isinstance(error, BulkWriteError):
        faults: list[dict[str, Any]] = (error.details or {}).get("writeErrors", [])
        return any(fault["code"] in UNFIT_CODES for fault in faults)
    if isinstance(error, OperationFailure):
        return error.code in UNFIT_CODES
    return True


def _unfit(each: Incoming | Unreadable, error: Exception, discarded: Container[str]) -> Unreadable:
    reason = f"not storable: {type(error).__name__}"
    if isinstance(each, Unreadable):
        return replace(each, error=reason)
    return Unreadable(
        record=each.record,
        error=reason,
        feed=each.feed,
        target=each.target,
        stream=(each.received.stream_id, each.received.version),
        discarded=place_of(each.record) in discarded,
    )

"""Applies a batch of records to one generation: load, decrypt, fold, dead-letter, save.

A record whose content no server will ever accept is found by halving the batch until it is alone,
and is then dead-lettered with its stream. Every other failure is a fault of a server and is raised.
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
from vinculo.messaging import QuarantineReason
from vinculo.privacy import EnvelopeRefused
from vinculo.query_api.person_document.personal import has_displayed_personal_data
from vinculo.query_api.projector.checkpoints import CheckpointMove, TopicPartition
from vinculo.query_api.projector.fold import (
    DocumentId,
    FoldResult,
    ReadableRecord,
    TrackedDocument,
    UnreadableRecord,
    fold_batch,
)
from vinculo.query_api.projector.live_store import StaleDocumentsError
from vinculo.query_api.projector.record_reader import record_location

Batch = Sequence[ReadableRecord | UnreadableRecord]

NON_RETRYABLE: Final = (EnvelopeRefused, BSONError, DocumentTooLarge, OverflowError)
"""Raised by the encoding of a document or the decryption of an envelope."""

NON_RETRYABLE_CODES: Final = frozenset({2, 15, 52, 55, 10334, 17419, 17420, 17280})
"""MongoDB's codes for values out of range, too deep, too large, or under a forbidden name."""


class DocumentStore(Protocol):
    async def load(
        self, document_ids: Iterable[DocumentId]
    ) -> dict[DocumentId, TrackedDocument]: ...

    async def quarantined(self, stream_ids: Iterable[str]) -> dict[str, int]: ...

    async def save(
        self,
        documents: dict[DocumentId, TrackedDocument],
        result: FoldResult,
        moves: Mapping[TopicPartition, CheckpointMove],
    ) -> None: ...


class PersonalKeys(Protocol):
    async def decrypt_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]: ...

    def forget(self, subject: UUID) -> None: ...


class DeadLetterSink(Protocol):
    async def put(self, record: ConsumerRecord, reason: QuarantineReason, error: str) -> None:
        """Return when the dead letter is acknowledged."""


class BatchProcessor:
    def __init__(
        self,
        store: DocumentStore,
        keys: PersonalKeys,
        dead_letters: DeadLetterSink,
        *,
        discarded: Container[str] = frozenset(),
        on_folded: Callable[[FoldResult], None] = lambda _result: None,
    ) -> None:
        self._store = store
        self._keys = keys
        self._dead_letters = dead_letters
        self._discarded = discarded
        self._on_folded = on_folded

    async def apply(self, batch: Batch, checkpoints: dict[TopicPartition, int]) -> None:
        """Apply records, those of a topic partition in their order, and move the checkpoints.

        After a fault the checkpoints are at the end of the last part of the batch that was saved.
        """
        if not batch:
            return
        try:
            await self._apply_batch(batch, checkpoints)
        except (*NON_RETRYABLE, OperationFailure) as error:
            if not _is_non_retryable(error):
                raise
            if len(batch) == 1:
                unreadable = _as_unreadable(batch[0], error, self._discarded)
                await self._apply_batch([unreadable], checkpoints)
                return
            middle = len(batch) // 2
            await self.apply(batch[:middle], checkpoints)
            await self.apply(batch[middle:], checkpoints)

    async def _apply_batch(self, batch: Batch, checkpoints: dict[TopicPartition, int]) -> None:
        moves = checkpoint_moves(batch, checkpoints)
        dead_lettered: set[str] = set()
        while True:
            documents = await self._store.load(
                {each.document_id for each in batch if each.document_id is not None}
            )
            quarantined = await self._store.quarantined(_streams(batch))
            await self._decrypt(batch, documents)
            result = fold_batch(batch, documents, quarantined)
            for letter in result.dead_letters:
                if (location := record_location(letter.record)) not in dead_lettered:
                    await self._dead_letters.put(
                        letter.record, QuarantineReason.POISON, letter.error
                    )
                    dead_lettered.add(location)
            try:
                await self._store.save(documents, result, moves)
            except StaleDocumentsError:
                continue
            break
        for each, move in moves.items():
            if each in checkpoints:  # it may have been revoked meanwhile
                checkpoints[each] = move.end
        self._after_saving(result)

    async def apply_dead_letter(self, letter: ReadableRecord | UnreadableRecord) -> bool:
        """Apply a dead letter, whether or not its stream is quarantined.

        False when it still cannot be applied; a version that the document has counts as applied.
        """
        document_ids = {letter.document_id} if letter.document_id is not None else set()
        try:
            while True:
                documents = await self._store.load(document_ids)
                await self._decrypt([letter], documents)
                result = fold_batch([letter], documents, {})
                if result.dead_letters:
                    return False
                try:
                    await self._store.save(documents, result, {})
                except StaleDocumentsError:
                    continue
                break
        except (*NON_RETRYABLE, OperationFailure) as error:
            if not _is_non_retryable(error):
                raise
            return False
        self._after_saving(result)
        return True

    def _after_saving(self, result: FoldResult) -> None:
        for subject in result.erased:
            self._keys.forget(subject)
        self._on_folded(result)

    async def _decrypt(self, batch: Batch, documents: Mapping[DocumentId, TrackedDocument]) -> None:
        """Decrypt what the documents will display; duplicates and erased people need nothing."""
        encrypted = [
            each
            for each in batch
            if isinstance(each, ReadableRecord)
            and has_displayed_personal_data(each.received.payload)
            and each.received.payload.personal is not None
            and documents[each.document_id].document.get("erased_at") is None
            and each.received.version
            > each.source.last_version(documents[each.document_id].document, each.received)
        ]
        decrypted = await self._keys.decrypt_many(
            [
                (each.received.subject, each.received.event_id, each.received.data["personal"])
                for each in encrypted
            ]
        )
        for each, personal in zip(encrypted, decrypted, strict=True):
            each.decrypted = personal


def checkpoint_moves(
    batch: Batch, checkpoints: Mapping[TopicPartition, int]
) -> dict[TopicPartition, CheckpointMove]:
    """How the batch moves the checkpoint of each of its topic partitions."""
    last: dict[tuple[str, int], ConsumerRecord] = {}
    event_at: dict[tuple[str, int], datetime] = {}
    for each in batch:
        record = each.record
        partition = record.topic, record.partition
        last[partition] = record
        if isinstance(each, ReadableRecord):
            event_at[partition] = each.received.time
    return {
        TopicPartition(*partition): CheckpointMove(
            start=checkpoints[TopicPartition(*partition)],
            end=record.offset + 1,
            event_at=event_at.get(partition),
        )
        for partition, record in last.items()
    }


def _streams(batch: Batch) -> set[str]:
    found = set()
    for each in batch:
        if isinstance(each, ReadableRecord):
            found.add(each.received.stream_id)
        elif each.stream is not None:
            found.add(each.stream[0])
    return found


def _is_non_retryable(error: Exception) -> bool:
    if isinstance(error, BulkWriteError):
        faults: list[dict[str, Any]] = (error.details or {}).get("writeErrors", [])
        return any(fault["code"] in NON_RETRYABLE_CODES for fault in faults)
    if isinstance(error, OperationFailure):
        return error.code in NON_RETRYABLE_CODES
    return True


def _as_unreadable(
    each: ReadableRecord | UnreadableRecord, error: Exception, discarded: Container[str]
) -> UnreadableRecord:
    reason = f"not storable: {type(error).__name__}"
    if isinstance(each, UnreadableRecord):
        return replace(each, error=reason)
    return UnreadableRecord(
        record=each.record,
        error=reason,
        source=each.source,
        document_id=each.document_id,
        stream=(each.received.stream_id, each.received.version),
        is_discarded=record_location(each.record) in discarded,
    )

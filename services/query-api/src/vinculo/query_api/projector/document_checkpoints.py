"""The consumer engine's checkpoints in MongoDB: they are in the documents that the events change.

A stream's version, and the id and store epoch of its last event, are stored in what the stream
feeds, so a checkpoint costs no write of its own. Where a partition continues is stored in the same
transaction.
"""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    DocumentTooLarge,
    OperationFailure,
    PyMongoError,
    WriteError,
)

from vinculo.events import Erased, utc_now
from vinculo.messaging import (
    DecidedRecord,
    DecodedRecord,
    Disposition,
    FaultKind,
    LetterKey,
    PoisonMessage,
    QuarantinedStream,
    QuarantineReason,
    Resolution,
    SkippedRun,
    StreamState,
    fault_kind,
    is_resolved,
    subject_of,
)
from vinculo.query_api.mongo import is_mongo_lost
from vinculo.query_api.person_document.personal import (
    DecryptedPart,
    encrypted_part,
    has_displayed_personal_data,
)
from vinculo.query_api.person_document.timeline import TimelineEntry
from vinculo.query_api.projector.checkpoints import (
    CheckpointMove,
    StoreUnusableError,
    TopicPartition,
    checkpoint_moves,
)
from vinculo.query_api.projector.document_history import refold_decisions
from vinculo.query_api.projector.fold import (
    DocumentId,
    StreamTarget,
    TrackedDocument,
    copies_of,
    fold_batch,
    track,
)
from vinculo.query_api.projector.projected_topics import ProjectedTopics
from vinculo.query_api.projector.quarantine import (
    Quarantine,
    QuarantineChange,
    quarantine_changes,
)

UNSTORABLE: Final = (BSONError, DocumentTooLarge, OverflowError)
"""Raised by the encoding of a document."""

UNSTORABLE_CODES: Final = frozenset({2, 15, 52, 55, 10334, 17419, 17420, 17280})
"""MongoDB's codes for values out of range, too deep, too large, or under a forbidden name."""


class StaleDocumentsError(Exception):
    """Another worker wrote one of the documents since it was read: load and fold again."""

    def __init__(self) -> None:
        super().__init__("a document changed between reading and writing")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupersededTimeline:
    """The timeline of a person keeps only these events of the stream."""

    person_id: UUID
    stream_id: str
    kept: Collection[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchChanges:
    """What a batch changes, all or nothing."""

    documents: Mapping[DocumentId, TrackedDocument]
    timeline: Sequence[TimelineEntry] = ()
    quarantines: Mapping[str, QuarantineChange]
    resolutions: Sequence[Resolution] = ()
    moves: Mapping[TopicPartition, CheckpointMove] = field(default_factory=dict)
    superseded: SupersededTimeline | None = None


class DocumentStore(Protocol):
    """A store that `keeps_documents` gives the same objects to every batch."""

    @property
    def keeps_documents(self) -> bool: ...

    async def load(
        self, document_ids: Iterable[DocumentId]
    ) -> dict[DocumentId, TrackedDocument]: ...

    async def quarantines(self, stream_ids: Iterable[str] | None = None) -> dict[str, Quarantine]:
        """Those of these streams, or all."""

    async def resolved(self) -> Collection[LetterKey]: ...

    async def forget_resolutions(
        self, remaining: AbstractSet[LetterKey], before: datetime
    ) -> int: ...

    async def save(self, changes: BatchChanges) -> None: ...


class PersonalKeys(Protocol):
    async def decrypt_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]: ...

    def forget(self, subject: UUID) -> None: ...


ReadHistory: TypeAlias = Callable[[DocumentId, int], Awaitable[Sequence[DecodedRecord]]]
"""All records of the log about a document, given its partition number."""


class DocumentCheckpoints:
    """`offsets` are the checkpoints of the worker's partitions; a batch moves them.

    Without, records are applied wherever they were read, as by a replay. `history` is needed to
    rewind a diverged stream.
    """

    def __init__(
        self,
        store: DocumentStore,
        keys: PersonalKeys,
        topics: ProjectedTopics,
        *,
        offsets: dict[TopicPartition, int] | None = None,
        history: ReadHistory | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._keys = keys
        self._topics = topics
        self._offsets = offsets
        self._history = history
        self._clock = clock

    async def skip(self, runs: Sequence[SkippedRun]) -> Collection[str]:  # noqa: ARG002 - see below
        """None: every event of a projected topic has an effect, and skips are of discards only."""
        return ()

    @asynccontextmanager
    async def begin(self, records: Sequence[DecodedRecord]) -> AsyncIterator["DocumentUnit"]:
        """Load the documents and quarantines of the records' streams."""
        moves = {} if self._offsets is None else checkpoint_moves(records, self._offsets)
        first_of_stream: dict[str, DecodedRecord] = {}
        for record in records:
            if record.position is not None and record.position[0] not in first_of_stream:
                first_of_stream[record.position[0]] = record
        ids = {stream: self._topics.document_of(each) for stream, each in first_of_stream.items()}
        documents = await self._store.load({each for each in ids.values() if each is not None})
        yield DocumentUnit(
            store=self._store,
            keys=self._keys,
            targets={
                stream: self._target(first_of_stream[stream], documents[each])
                for stream, each in ids.items()
                if each is not None
            },
            documents=documents,
            quarantines=await self._store.quarantines(first_of_stream),
            moves=moves,
            now=self._clock(),
        )
        if self._offsets is not None:
            for each, move in moves.items():
                if each in self._offsets:  # it may have been revoked meanwhile
                    self._offsets[each] = move.end

    async def quarantined_streams(self) -> list[QuarantinedStream]:
        rows = await self._store.quarantines()
        versions = await self._last_versions(
            {
                stream: (row.topic, row.subject)
                for stream, row in rows.items()
                if row.topic is not None
            }
        )
        return [
            QuarantinedStream(
                stream_id=stream,
                last_version=versions.get(stream, 0),
                last_dead_lettered_version=row.last_dead_lettered_version,
                reason=row.reason,
                since=row.since,
                subject=row.subject,
                topic=row.topic or "",
                partition=row.partition or 0,
                offset=row.offset or 0,
            )
            for stream, row in rows.items()
        ]

    async def unresolved(self, letters: Mapping[LetterKey, DecodedRecord]) -> Collection[LetterKey]:
        """Of gapless streams those that a quarantine still waits for.

        So a rebuilt generation, which applies the log anew, needs no resolutions of earlier ones.
        """
        resolved = await self._store.resolved()
        rows = await self._store.quarantines()
        versions = await self._last_versions(
            {
                each.position[0]: (each.record.topic, subject_of(each.record))
                for each in letters.values()
                if each.gapless and each.position is not None and each.position[0] in rows
            }
        )

        def is_waiting(key: LetterKey, letter: DecodedRecord) -> bool:
            if not letter.gapless or letter.position is None:
                return not is_resolved(key, resolved)
            stream, version = letter.position
            row = rows.get(stream)
            if row is None:
                return False
            return version > versions.get(stream, 0) or row.reason is QuarantineReason.DIVERGED

        return [key for key, letter in letters.items() if is_waiting(key, letter)]

    async def forget_resolutions(self, remaining: AbstractSet[LetterKey], before: datetime) -> int:
        """Those of the generation. Discarded records are in the log still, for later rebuilds."""
        return await self._store.forget_resolutions(remaining, before)

    async def rewind(self, stream_id: str, version: int) -> bool:
        """Fold the document again from the log, with this stream up to the version.

        Raises:
            LogIncompleteError: the log lacks an event that the document has.

        """
        row = (await self._store.quarantines([stream_id])).get(stream_id)
        if row is None or row.reason is not QuarantineReason.DIVERGED or self._history is None:
            return False
        topic, partition = row.topic or "", row.partition or 0
        if topic not in self._topics:
            return False
        document_id = self._topics.document_of_stream(topic, stream_id, row.subject)
        if document_id is None:
            return False
        tracked = (await self._store.load([document_id]))[document_id]
        records = await self._history(document_id, partition)
        decided = refold_decisions(
            records,
            lambda each: (
                version
                if each.position is not None and each.position[0] == stream_id
                else self._topics[each.record.topic].source.last_version(
                    tracked.document, "" if each.position is None else each.position[0]
                )
            ),
        )
        refolded = track(document_id, None)
        targets = {
            each.record.position[0]: self._target(each.record, refolded)
            for each in decided
            if each.record.position is not None
        }
        parts = await decrypted_parts(decided, targets, self._keys)
        result = fold_batch(decided, targets, parts)
        tracked.document, tracked.partition = refolded.document, partition
        entries = [each for each in result.timeline if each["stream_id"] == stream_id]
        await self._store.save(
            BatchChanges(
                documents={document_id: tracked},
                timeline=entries,
                quarantines={
                    stream_id: QuarantineChange(row, replace(row, reason=QuarantineReason.POISON))
                },
                superseded=SupersededTimeline(
                    person_id=row.subject or document_id.id,
                    stream_id=stream_id,
                    kept=[each["_id"] for each in entries],
                ),
            )
        )
        return True

    def fault_kind(self, error: Exception) -> FaultKind:
        """Codes of MongoDB: https://www.mongodb.com/docs/manual/reference/error-codes/ ."""
        if isinstance(error, StaleDocumentsError):
            return FaultKind.CONFLICT
        if isinstance(error, StoreUnusableError) or is_mongo_lost(error):
            return FaultKind.SERVER
        if is_unstorable(error):
            return FaultKind.POISON
        if isinstance(error, PyMongoError):
            is_of_the_record = isinstance(error, WriteError | BulkWriteError)
            return FaultKind.UNKNOWN if is_of_the_record else FaultKind.SERVER
        return fault_kind(error)

    def _target(self, record: DecodedRecord, tracked: TrackedDocument) -> StreamTarget:
        topic = self._topics[record.record.topic]
        return StreamTarget(topic.name, topic.source, tracked)

    async def _last_versions(
        self, streams: Mapping[str, tuple[str, UUID | None]]
    ) -> dict[str, int]:
        """The last applied version of streams, given topic and subject of each."""
        ids = {
            stream: document_id
            for stream, (topic, subject) in streams.items()
            if topic in self._topics
            and (document_id := self._topics.document_of_stream(topic, stream, subject)) is not None
        }
        documents = await self._store.load(set(ids.values()))
        return {
            stream: self._topics[streams[stream][0]].source.last_version(
                documents[each].document, stream
            )
            for stream, each in ids.items()
        }


class DocumentUnit:
    """The documents of a batch. `targets` are by checkpoint id, without those of no document."""

    def __init__(
        self,
        *,
        store: DocumentStore,
        keys: PersonalKeys,
        targets: Mapping[str, StreamTarget],
        documents: Mapping[DocumentId, TrackedDocument],
        quarantines: Mapping[str, Quarantine],
        moves: Mapping[TopicPartition, CheckpointMove],
        now: datetime,
    ) -> None:
        self._store = store
        self._keys = keys
        self._targets = targets
        self._documents = documents
        self._quarantines = quarantines
        self._moves = moves
        self._now = now

    def state(self, stream_id: str) -> StreamState:
        target = self._targets.get(stream_id)
        if target is None:
            return StreamState()
        document = target.tracked.document
        event_id, store_epoch = target.source.last_event(document, stream_id)
        row = self._quarantines.get(stream_id)
        return StreamState(
            last_version=target.source.last_version(document, stream_id),
            event_id=event_id,
            store_epoch=store_epoch,
            last_dead_lettered_version=None if row is None else row.last_dead_lettered_version,
            reason=None if row is None else row.reason,
        )

    async def commit(
        self, decided: Sequence[DecidedRecord], resolutions: Sequence[Resolution] = ()
    ) -> None:
        """Fold, and store everything in one transaction."""
        parts = await decrypted_parts(decided, self._targets, self._keys)
        copies = copies_of(self._targets.values()) if self._store.keeps_documents else []
        try:
            result = fold_batch(decided, self._targets, parts)
            await self._store.save(
                BatchChanges(
                    documents=self._documents,
                    timeline=result.timeline,
                    quarantines=quarantine_changes(decided, self._quarantines, self._now),
                    resolutions=resolutions,
                    moves=self._moves,
                )
            )
        except BaseException as error:
            for tracked, copy in copies:
                tracked.document, tracked.partition = copy, None
            if is_unstorable(error):
                raise PoisonMessage(f"not storable: {type(error).__name__}") from error
            raise
        for subject in result.erased:
            self._keys.forget(subject)


async def decrypted_parts(
    decided: Sequence[DecidedRecord], targets: Mapping[str, StreamTarget], keys: PersonalKeys
) -> list[DecryptedPart]:
    """The personal part of each record that its document will display; None for all others.

    Raises:
        KeyMissing, KeyUnreadable: a key is not available.
        EnvelopeRefused: an envelope is not valid.

    """
    parts: list[DecryptedPart] = [None] * len(decided)
    encrypted: list[int] = []
    sealed: list[tuple[UUID, UUID, dict[str, Any]]] = []
    for index, each in enumerate(decided):
        event = each.record.event
        if (
            event is None
            or each.decision.disposition is not Disposition.APPLY
            or not has_displayed_personal_data(event.payload)
            or each.record.position is None
        ):
            continue
        envelope = encrypted_part(event.payload)
        if envelope is None:
            continue
        if targets[each.record.position[0]].tracked.document.get("erased_at") is None:
            encrypted.append(index)
            sealed.append((event.subject, event.event_id, dict(envelope)))
    for index, part in zip(encrypted, await keys.decrypt_many(sealed), strict=True):
        parts[index] = part
    return parts


def is_unstorable(error: BaseException) -> bool:
    """Whether no MongoDB server will ever accept the value."""
    if is_mongo_lost(error):
        return False
    if isinstance(error, BulkWriteError):
        faults: list[dict[str, Any]] = (error.details or {}).get("writeErrors", [])
        return any(fault["code"] in UNSTORABLE_CODES for fault in faults)
    if isinstance(error, OperationFailure):
        return error.code in UNSTORABLE_CODES
    return isinstance(error, UNSTORABLE)

"""The store of a served generation: each batch is written in one transaction.

People, timeline, counters, quarantine and checkpoints change together or not at all, held by a
majority's journal before any offset is committed to Kafka. So totals need no recount after a crash,
and a batch that is read again changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from bson.binary import Binary
from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from vinculo.messaging import LetterKey, Resolution
from vinculo.process import crash_point
from vinculo.query_api.generations import (
    READ_MODEL,
    Checkpoint,
    CollectionNames,
    QuarantinedStream,
    collection_names,
)
from vinculo.query_api.mongo import Collection, Expression, Mongo, Session, collection_of
from vinculo.query_api.person_document.schema import StoredDocument
from vinculo.query_api.person_document.sections import DocumentKind
from vinculo.query_api.person_document.timeline import TimelineEntry
from vinculo.query_api.projector.checkpoints import (
    CheckpointLostError,
    CheckpointMove,
    StoreUnusableError,
    TopicPartition,
    checkpoint_updates,
    fence,
)
from vinculo.query_api.projector.document_checkpoints import (
    BatchChanges,
    StaleDocumentsError,
    SupersededTimeline,
)
from vinculo.query_api.projector.fold import (
    DocumentId,
    TrackedDocument,
    changed_documents,
    count_changes,
    track,
)
from vinculo.query_api.projector.quarantine import (
    DISCARDED,
    Quarantine,
    QuarantineChange,
    discard_updates,
    forget_resolutions,
    read_quarantines,
    read_resolved,
    resolution_updates,
)
from vinculo.query_api.projector.totals import CounterChanges

DUPLICATE_KEY: Final = 11000


class GenerationDroppedError(StoreUnusableError):
    def __init__(self, generation: str) -> None:
        super().__init__(f"generation {generation} of the read model was dropped")


class LiveStore:
    keeps_documents: Final = False

    def __init__(self, mongo: Mongo, generation: str, clock: Callable[[], datetime]) -> None:
        self._mongo = mongo
        self._generation = generation
        self._names: CollectionNames = collection_names(generation)
        self._clock = clock
        self._session: Session | None = None

    @property
    def positions(self) -> Collection[Checkpoint]:
        return collection_of(self._mongo.database, self._names.positions, Checkpoint)

    async def fence(self, partitions: AbstractSet[TopicPartition]) -> None:
        """Make this store's session the owner of the partitions' checkpoints."""
        session = await self._started_session()
        await fence(self._mongo, self.positions, partitions, _session_id(session))

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.end_session()

    async def load(self, document_ids: Iterable[DocumentId]) -> dict[DocumentId, TrackedDocument]:
        """All these documents, including new ones."""
        by_kind: dict[DocumentKind, set[DocumentId]] = {}
        for document_id in document_ids:
            by_kind.setdefault(document_id.kind, set()).add(document_id)
        documents: dict[DocumentId, TrackedDocument] = {}
        for kind, of_kind in by_kind.items():
            ids = [document_id.id for document_id in of_kind]
            found = await self._collection(kind).find({"_id": {"$in": ids}}).to_list(None)
            stored = {document["_id"]: document for document in found}
            documents |= {each: track(each, stored.get(each.id)) for each in of_kind}
        return documents

    async def quarantines(self, stream_ids: Iterable[str] | None = None) -> dict[str, Quarantine]:
        """Those of these streams, or all."""
        rows = collection_of(self._mongo.database, self._names.quarantine, QuarantinedStream)
        return await read_quarantines(rows, stream_ids)

    async def resolved(self) -> frozenset[LetterKey]:
        resolutions = self._mongo.database[self._names.resolutions]
        return await read_resolved(self._mongo.own, resolutions)

    async def forget_resolutions(self, remaining: AbstractSet[LetterKey], before: datetime) -> int:
        resolutions = self._mongo.database[self._names.resolutions]
        return await forget_resolutions(resolutions, remaining, before)

    async def save(self, changes: BatchChanges) -> None:
        """Write all or nothing.

        Raises:
            StaleDocumentsError: another worker wrote a document since it was loaded.
            CheckpointLostError: another worker owns a checkpoint.
            GenerationDroppedError: the generation does not exist any more.

        """
        documents = changes.documents

        async def write(session: Session) -> None:
            await self._check_generation(session)
            for kind in DocumentKind:
                await self._replace(kind, list(changed_documents(documents, kind)), session)
            crash_point("projector-mid-batch")
            await self._supersede(changes.superseded, session)
            await self._add_to_timeline(changes.timeline, session)
            await self._update_counters(documents, session)
            await self._change_quarantines(changes.quarantines, session)
            await self._resolve(changes.resolutions, session)
            await self._move_checkpoints(changes.moves, session)

        session = await self._started_session()
        await session.with_transaction(write)

    async def _check_generation(self, session: Session) -> None:
        """A transaction would make the collections of a dropped generation again."""
        registered = await self._mongo.database[READ_MODEL].find_one(
            {"_id": f"generation-{self._generation}"}, session=session
        )
        if registered is None:
            raise GenerationDroppedError(self._generation)

    async def _replace(
        self, kind: DocumentKind, documents: list[TrackedDocument], session: Session
    ) -> None:
        operations: list[InsertOne[StoredDocument] | ReplaceOne[StoredDocument]] = [
            ReplaceOne(
                {"_id": each.document["_id"], "revision": each.stored_revision}, each.document
            )
            if each.stored_revision
            else InsertOne(each.document)
            for each in documents
        ]
        if not operations:
            return
        try:
            written = await self._collection(kind).bulk_write(
                operations, ordered=False, session=session
            )
        except BulkWriteError as error:
            if has_duplicate_key(error):
                raise StaleDocumentsError from error
            raise
        if written.inserted_count + written.matched_count != len(operations):
            raise StaleDocumentsError

    async def _add_to_timeline(self, entries: Sequence[TimelineEntry], session: Session) -> None:
        """An entry has its event's id, so an event that is published twice is one entry."""
        if entries:
            await self._mongo.database[self._names.events].bulk_write(
                [
                    UpdateOne({"_id": entry["_id"]}, {"$setOnInsert": entry}, upsert=True)
                    for entry in entries
                ],
                ordered=False,
                session=session,
            )

    async def _update_counters(
        self, documents: Mapping[DocumentId, TrackedDocument], session: Session
    ) -> None:
        changes = CounterChanges()
        count_changes(changed_documents(documents, DocumentKind.PEOPLE), changes)
        if updates := changes.updates():
            await self._mongo.database[self._names.counters].bulk_write(updates, session=session)

    async def _supersede(self, superseded: SupersededTimeline | None, session: Session) -> None:
        if superseded is not None:
            await self._mongo.database[self._names.events].delete_many(
                superseded_entries(superseded), session=session
            )

    async def _change_quarantines(
        self, changes: Mapping[str, QuarantineChange], session: Session
    ) -> None:
        """A quarantine that a replay or the projector has changed since is not overwritten."""
        if not changes:
            return
        operations = [quarantine_operation(stream, change) for stream, change in changes.items()]
        try:
            rows = collection_of(self._mongo.database, self._names.quarantine, QuarantinedStream)
            written = await rows.bulk_write(operations, session=session)
        except BulkWriteError as error:
            if has_duplicate_key(error):
                raise StaleDocumentsError from error
            raise
        done = written.inserted_count + written.matched_count + written.deleted_count
        if done != len(operations):
            raise StaleDocumentsError

    async def _resolve(self, resolutions: Sequence[Resolution], session: Session) -> None:
        now = self._clock()
        own, database = self._mongo.own, self._mongo.database
        for collection, updates in (
            (own[DISCARDED], discard_updates(resolutions, now)),
            (database[self._names.resolutions], resolution_updates(resolutions, now)),
        ):
            if updates:
                await collection.bulk_write(updates, session=session)

    async def _move_checkpoints(
        self, moves: Mapping[TopicPartition, CheckpointMove], session: Session
    ) -> None:
        updates = checkpoint_updates(moves, self._clock())
        if not updates:
            return
        written = await self.positions.bulk_write(updates, session=session)
        if written.matched_count != len(updates):
            raise CheckpointLostError

    async def _started_session(self) -> Session:
        """The one session of all transactions, by whose id another worker can abort them."""
        if self._session is None:
            self._session = await self._mongo.start_session()
        return self._session

    def _collection(self, kind: DocumentKind) -> Collection[StoredDocument]:
        return collection_of(self._mongo.database, getattr(self._names, kind.value), StoredDocument)


def _session_id(session: Session) -> UUID:
    identity: Binary = session.session_id["id"]
    return identity.as_uuid()


def quarantine_operation(
    stream_id: str, change: QuarantineChange
) -> InsertOne[QuarantinedStream] | ReplaceOne[QuarantinedStream] | DeleteOne:
    """A write that does nothing if the stored quarantine is not the earlier one."""
    if change.before is None:
        if change.after is None:
            raise ValueError("a quarantine that neither was nor will be")
        return InsertOne(change.after.document(stream_id))
    stored = {
        "_id": stream_id,
        "last_dead_lettered_version": change.before.last_dead_lettered_version,
    }
    if change.after is None:
        return DeleteOne(stored)
    return ReplaceOne(stored, change.after.document(stream_id))


def superseded_entries(superseded: SupersededTimeline) -> Expression:
    """The filter of the entries to delete."""
    return {
        "person_id": superseded.person_id,
        "stream_id": superseded.stream_id,
        "_id": {"$nin": list(superseded.kept)},
    }


def has_duplicate_key(error: BulkWriteError) -> bool:
    return DUPLICATE_KEY in _error_codes(error)


def has_only_duplicate_keys(error: BulkWriteError) -> bool:
    return _error_codes(error) == {DUPLICATE_KEY}


def _error_codes(error: BulkWriteError) -> set[int]:
    faults: list[dict[str, Any]] = (error.details or {}).get("writeErrors", [])
    return {fault["code"] for fault in faults}

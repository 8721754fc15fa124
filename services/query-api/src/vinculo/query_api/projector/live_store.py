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
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from vinculo.process import crash_point
from vinculo.query_api.generations import (
    READ_MODEL,
    Checkpoint,
    CollectionNames,
    QuarantinedStream,
    collection_names,
)
from vinculo.query_api.mongo import Collection, Mongo, Session, collection_of
from vinculo.query_api.person_document.schema import StoredDocument
from vinculo.query_api.person_document.sections import DocumentKind
from vinculo.query_api.person_document.timeline import TimelineEntry
from vinculo.query_api.projector.checkpoints import (
    CheckpointLostError,
    CheckpointMove,
    TopicPartition,
    checkpoint_updates,
    fence,
)
from vinculo.query_api.projector.fold import (
    DocumentId,
    FoldResult,
    TrackedDocument,
    changed_documents,
    count_changes,
    track,
)
from vinculo.query_api.projector.totals import CounterChanges

DUPLICATE_KEY: Final = 11000


class GenerationDroppedError(Exception):
    def __init__(self, generation: str) -> None:
        super().__init__(f"generation {generation} of the read model was dropped")


class StaleDocumentsError(Exception):
    """Another worker wrote one of the documents since it was read: load and fold again."""

    def __init__(self) -> None:
        super().__init__("a document changed between reading and writing")


class LiveStore:
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

    async def quarantined(self, stream_ids: Iterable[str]) -> dict[str, int]:
        """The last dead-lettered version of each of these streams that is quarantined."""
        rows = collection_of(self._mongo.database, self._names.quarantine, QuarantinedStream)
        found = await rows.find({"_id": {"$in": list(stream_ids)}}).to_list(None)
        return {row["_id"]: row["last_dead_lettered_version"] for row in found}

    async def save(
        self,
        documents: dict[DocumentId, TrackedDocument],
        result: FoldResult,
        moves: Mapping[TopicPartition, CheckpointMove],
    ) -> None:
        """Write all or nothing.

        Raises:
            StaleDocumentsError: another worker wrote a document since it was loaded.
            CheckpointLostError: another worker owns a checkpoint.
            GenerationDroppedError: the generation does not exist any more.

        """

        async def write(session: Session) -> None:
            await self._check_generation(session)
            for kind in DocumentKind:
                await self._replace(kind, list(changed_documents(documents, kind)), session)
            crash_point("projector-mid-batch")
            await self._add_to_timeline(result.timeline, session)
            await self._update_counters(documents, session)
            await self._add_to_quarantine(result.quarantined, session)
            await self._move_checkpoints(moves, session)

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
        self, documents: dict[DocumentId, TrackedDocument], session: Session
    ) -> None:
        changes = CounterChanges()
        count_changes(changed_documents(documents, DocumentKind.PEOPLE), changes)
        if updates := changes.updates():
            await self._mongo.database[self._names.counters].bulk_write(updates, session=session)

    async def _add_to_quarantine(self, streams: Mapping[str, int], session: Session) -> None:
        if streams:
            await self._mongo.database[self._names.quarantine].bulk_write(
                quarantine_updates(streams, self._clock()), session=session
            )

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


def quarantine_updates(streams: Mapping[str, int], now: datetime) -> list[UpdateOne]:
    """Upserts of quarantine rows, from the last dead-lettered version by stream id."""
    return [
        UpdateOne(
            {"_id": stream_id},
            {"$max": {"last_dead_lettered_version": version}, "$setOnInsert": {"since": now}},
            upsert=True,
        )
        for stream_id, version in streams.items()
    ]


def has_duplicate_key(error: BulkWriteError) -> bool:
    return DUPLICATE_KEY in _error_codes(error)


def has_only_duplicate_keys(error: BulkWriteError) -> bool:
    return _error_codes(error) == {DUPLICATE_KEY}


def _error_codes(error: BulkWriteError) -> set[int]:
    faults: list[dict[str, Any]] = (error.details or {}).get("writeErrors", [])
    return {fault["code"] for fault in faults}

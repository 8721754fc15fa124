"""The store of a generation that is served: a batch is written in one transaction.

People, timeline, counters, quarantine and positions change together or not at all, held by a
majority's journal before any offset is committed to Kafka. So totals need no recount after a crash,
and a batch read again changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any
from uuid import UUID

from bson.binary import Binary
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from vinculo.process.crash_points import crash_point
from vinculo.query_api.generations import READ_MODEL, Collections, collection_names
from vinculo.query_api.mongo import Collection, Document, Mongo, Session
from vinculo.query_api.person_document.sections import DocumentKind
from vinculo.query_api.projection.documents import Held, Target, changed, count, held
from vinculo.query_api.projection.fold import Folded
from vinculo.query_api.projection.positions import (
    Advance,
    PositionLostError,
    TopicPartition,
    advance_updates,
    take_over,
)
from vinculo.query_api.projector.totals import CounterChanges

DUPLICATE_KEY = 11000


class GenerationDroppedError(Exception):
    def __init__(self, generation: str) -> None:
        super().__init__(f"generation {generation} of the read model is gone")


class StaleDocumentsError(Exception):
    """Another worker wrote one of the documents since it was read: read and fold again."""

    def __init__(self) -> None:
        super().__init__("a document changed between reading and writing")


class LiveStore:
    def __init__(self, mongo: Mongo, generation: str, clock: Callable[[], datetime]) -> None:
        self._mongo = mongo
        self._generation = generation
        self._names: Collections = collection_names(generation)
        self._clock = clock
        self._session: Session | None = None

    @property
    def positions(self) -> Collection:
        return self._mongo.database[self._names.positions]

    async def take_over(self, partitions: AbstractSet[TopicPartition]) -> None:
        session = await self._started()
        await take_over(self._mongo, self.positions, partitions, _identity(session))

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.end_session()

    async def load(self, targets: Iterable[Target]) -> dict[Target, Held]:
        """Every target's document, new ones included."""
        by_family: dict[DocumentKind, set[Target]] = {}
        for target in targets:
            by_family.setdefault(target.family, set()).add(target)
        documents: dict[Target, Held] = {}
        for family, wanted in by_family.items():
            ids = [target.id for target in wanted]
            found = await self._of(family).find({"_id": {"$in": ids}}).to_list(None)
            stored = {document["_id"]: document for document in found}
            documents |= {target: held(target, stored.get(target.id)) for target in wanted}
        return documents

    async def quarantined(self, stream_ids: Iterable[str]) -> dict[str, int]:
        rows = self._mongo.database[self._names.quarantine]
        found = await rows.find({"_id": {"$in": list(stream_ids)}}).to_list(None)
        return {row["_id"]: row["last_dead_lettered_version"] for row in found}

    async def save(
        self,
        documents: dict[Target, Held],
        folded: Folded,
        advances: Mapping[TopicPartition, Advance],
    ) -> None:
        """Write all or nothing.

        Raises StaleDocumentsError, PositionLostError or GenerationDroppedError.
        """

        async def write(session: Session) -> None:
            await self._check_generation(session)
            for family in DocumentKind:
                await self._replace(family, list(changed(documents, family)), session)
            crash_point("projector-mid-batch")
            await self._add_to_timeline(folded.timeline, session)
            await self._count(documents, session)
            await self._remember_quarantined(folded.quarantined, session)
            await self._advance(advances, session)

        session = await self._started()
        await session.with_transaction(write)

    async def _check_generation(self, session: Session) -> None:
        """A transaction would make the collections of a dropped generation anew."""
        registered = await self._mongo.database[READ_MODEL].find_one(
            {"_id": f"generation-{self._generation}"}, session=session
        )
        if registered is None:
            raise GenerationDroppedError(self._generation)

    async def _replace(self, family: DocumentKind, documents: list[Held], session: Session) -> None:
        operations: list[InsertOne[Document] | ReplaceOne[Document]] = [
            ReplaceOne({"_id": d.document["_id"], "revision": d.stored_revision}, d.document)
            if d.stored_revision
            else InsertOne(d.document)
            for d in documents
        ]
        if not operations:
            return
        try:
            written = await self._of(family).bulk_write(operations, ordered=False, session=session)
        except BulkWriteError as error:
            if is_duplicate(error):
                raise StaleDocumentsError from error
            raise
        if written.inserted_count + written.matched_count != len(operations):
            raise StaleDocumentsError

    async def _add_to_timeline(self, entries: Sequence[Document], session: Session) -> None:
        """An event's id is its entry's, so an event told twice is one entry."""
        if entries:
            await self._mongo.database[self._names.events].bulk_write(
                [UpdateOne({"_id": e["_id"]}, {"$setOnInsert": e}, upsert=True) for e in entries],
                ordered=False,
                session=session,
            )

    async def _count(self, documents: dict[Target, Held], session: Session) -> None:
        changes = CounterChanges()
        count(changed(documents, DocumentKind.PEOPLE), changes)
        if updates := changes.updates():
            await self._mongo.database[self._names.counters].bulk_write(updates, session=session)

    async def _remember_quarantined(self, rows: Mapping[str, int], session: Session) -> None:
        if rows:
            await self._mongo.database[self._names.quarantine].bulk_write(
                quarantine_updates(rows, self._clock()), session=session
            )

    async def _advance(self, advances: Mapping[TopicPartition, Advance], session: Session) -> None:
        updates = advance_updates(advances, self._clock())
        if not updates:
            return
        written = await self.positions.bulk_write(updates, session=session)
        if written.matched_count != len(updates):
            raise PositionLostError

    async def _started(self) -> Session:
        """The one session of all transactions, by which another worker can end what is left."""
        if self._session is None:
            self._session = await self._mongo.start_session()
        return self._session

    def _of(self, family: DocumentKind) -> Collection:
        return self._mongo.database[getattr(self._names, family.value)]


def _identity(session: Session) -> UUID:
    identity: Binary = session.session_id["id"]
    return identity.as_uuid()


def quarantine_updates(rows: Mapping[str, int], now: datetime) -> list[UpdateOne]:
    return [
        UpdateOne(
            {"_id": stream_id},
            {"$max": {"last_dead_lettered_version": version}, "$setOnInsert": {"since": now}},
            upsert=True,
        )
        for stream_id, version in rows.items()
    ]


def is_duplicate(error: BulkWriteError) -> bool:
    return DUPLICATE_KEY in _codes(error)


def only_duplicates(error: BulkWriteError) -> bool:
    return _codes(error) == {DUPLICATE_KEY}


def _codes(error: BulkWriteError) -> set[int]:
    faults: list[dict[str, Any]] = (error.details or {}).get("writeErrors", [])
    return {fault["code"] for fault in faults}

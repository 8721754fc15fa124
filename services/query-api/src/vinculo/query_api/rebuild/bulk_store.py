"""The store of a generation that is being loaded: a write-behind cache of documents.

Nothing else writes or reads this generation, so there are no transactions, no revisions to compare
and no indexes; a load that breaks off is dropped. The least recently used documents are evicted and
written in bulk while folding continues.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from pymongo import ReplaceOne, WriteConcern
from pymongo.errors import BulkWriteError

from vinculo.messaging import LetterKey
from vinculo.query_api.generations import QuarantinedStream, collection_names
from vinculo.query_api.mongo import Collection, Mongo, Shape, collection_of
from vinculo.query_api.person_document.schema import StoredDocument
from vinculo.query_api.person_document.sections import DocumentKind
from vinculo.query_api.person_document.timeline import TimelineEntry
from vinculo.query_api.projector.checkpoints import StoreUnusableError
from vinculo.query_api.projector.document_checkpoints import BatchChanges, SupersededTimeline
from vinculo.query_api.projector.fold import (
    DocumentId,
    TrackedDocument,
    count_changes,
    track,
)
from vinculo.query_api.projector.live_store import has_only_duplicate_keys, superseded_entries
from vinculo.query_api.projector.quarantine import Quarantine
from vinculo.query_api.projector.totals import CounterChanges

MAX_DOCUMENTS: Final = 40_000
MAX_TIMELINE_ENTRIES: Final = 5_000


class GenerationNotWrittenError(StoreUnusableError):
    """A write in the background failed: the load has to begin again."""

    def __init__(self) -> None:
        super().__init__("the loaded documents could not be written")


class BulkStore:
    """`has_other_writers` when other processes have written documents of this generation."""

    keeps_documents: Final = True

    def __init__(self, mongo: Mongo, generation: str, *, has_other_writers: bool = False) -> None:
        self._mongo = mongo
        self._names = collection_names(generation)
        self._has_other_writers = has_other_writers
        self._documents: OrderedDict[DocumentId, TrackedDocument] = OrderedDict()
        self._unwritten: dict[DocumentId, int] = {}
        """The partition numbers of documents with changes that are not written."""
        self._written_hashes: set[int] = set()
        self._timeline: list[TimelineEntry] = []
        self._quarantines: dict[str, Quarantine] = {}
        self._changes = CounterChanges()
        self._writing: asyncio.Task[None] | None = None

    async def load(self, document_ids: Iterable[DocumentId]) -> dict[DocumentId, TrackedDocument]:
        """All these documents; those not in memory are read or, like most of them, new."""
        requested = list(document_ids)
        missing: dict[DocumentKind, list[DocumentId]] = {}
        for document_id in requested:
            if document_id not in self._documents:
                missing.setdefault(document_id.kind, []).append(document_id)
        for kind, of_kind in missing.items():
            await self._read(kind, of_kind)
        for document_id in requested:
            self._documents.move_to_end(document_id)
        return {document_id: self._documents[document_id] for document_id in requested}

    async def quarantines(self, stream_ids: Iterable[str] | None = None) -> dict[str, Quarantine]:
        """Those of these streams, or all."""
        if stream_ids is None:
            return dict(self._quarantines)
        if not self._quarantines:
            return {}
        return {each: self._quarantines[each] for each in stream_ids if each in self._quarantines}

    async def resolved(self) -> frozenset[LetterKey]:
        """None: a load keeps its unresolved dead letters in memory."""
        return frozenset()

    async def forget_resolutions(self, remaining: AbstractSet[LetterKey], before: datetime) -> int:  # noqa: ARG002 - see below
        """None: a load has no resolutions yet."""
        return 0

    async def save(self, changes: BatchChanges) -> None:
        for document_id, tracked in changes.documents.items():
            if tracked.partition is not None:
                self._unwritten[document_id] = tracked.partition
                tracked.partition = None
        if changes.superseded is not None:
            await self._supersede(changes.superseded)
        self._timeline += changes.timeline
        for stream_id, change in changes.quarantines.items():
            if change.after is None:
                self._quarantines.pop(stream_id, None)
            else:
                self._quarantines[stream_id] = change.after
        is_full = len(self._documents) > MAX_DOCUMENTS
        if is_full or len(self._timeline) >= MAX_TIMELINE_ENTRIES:
            await self._write_behind(self._least_recently_used() if is_full else [])

    async def flush_idle(self) -> None:
        """Start to write all documents, as no more events about these people are expected."""
        await self._write_behind(list(self._documents))

    async def flush(self) -> None:
        """Write all documents, and wait for that."""
        await self.flush_idle()
        await self._finish_writing()

    async def finish(self) -> None:
        """Write all that is left: documents, timeline, then counters and quarantine."""
        await self.flush()
        await self.write_counters()
        if self._quarantines:
            rows = collection_of(self._mongo.database, self._names.quarantine, QuarantinedStream)
            await rows.insert_many(
                [each.document(stream_id) for stream_id, each in self._quarantines.items()],
                ordered=False,
            )

    async def write_counters(self) -> None:
        if updates := self._changes.updates():
            await self._mongo.database[self._names.counters].bulk_write(updates, ordered=False)
        self._changes = CounterChanges()

    @property
    def quarantined_streams(self) -> Mapping[str, Quarantine]:
        """By stream id."""
        return self._quarantines

    def quarantine(self, streams: Mapping[str, Quarantine]) -> None:
        """Add streams that another process has quarantined."""
        self._quarantines |= streams

    async def _supersede(self, superseded: SupersededTimeline) -> None:
        await self.flush()
        await self._mongo.database[self._names.events].delete_many(superseded_entries(superseded))

    async def _read(self, kind: DocumentKind, document_ids: Sequence[DocumentId]) -> None:
        """Query only documents that were written before.

        Hashes take less memory than ids; a collision costs a query in vain.
        """
        written = [
            document_id.id
            for document_id in document_ids
            if self._has_other_writers or hash(document_id) in self._written_hashes
        ]
        stored: dict[UUID, StoredDocument] = {}
        if written:
            await self._finish_writing()
            found = await self._collection(kind).find({"_id": {"$in": written}}).to_list(None)
            stored = {document["_id"]: document for document in found}
        for document_id in document_ids:
            self._documents[document_id] = track(document_id, stored.get(document_id.id))

    def _least_recently_used(self) -> list[DocumentId]:
        """Half of the documents in memory."""
        return list(islice(self._documents, len(self._documents) // 2))

    async def _write_behind(self, document_ids: Sequence[DocumentId]) -> None:
        """Evict the documents and write the changed ones in the background, one write at a time."""
        await self._finish_writing()
        timeline, self._timeline = self._timeline, []
        unwritten: dict[DocumentId, TrackedDocument] = {}
        for document_id in document_ids:
            tracked = self._documents.pop(document_id)
            tracked.partition = self._unwritten.pop(document_id, None)
            if tracked.is_changed:
                unwritten[document_id] = tracked
        count_changes(unwritten.values(), self._changes)
        self._written_hashes.update(map(hash, unwritten))
        self._writing = asyncio.create_task(self._write(unwritten, timeline))

    async def _finish_writing(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            try:
                await writing
            except Exception as error:
                raise GenerationNotWrittenError from error

    async def _write(
        self, documents: Mapping[DocumentId, TrackedDocument], timeline: list[TimelineEntry]
    ) -> None:
        for kind in DocumentKind:
            of_kind = [tracked for each, tracked in documents.items() if each.kind is kind]
            new = [tracked.document for tracked in of_kind if not tracked.stored_revision]
            old = [tracked.document for tracked in of_kind if tracked.stored_revision]
            if new:
                await self._collection(kind).insert_many(new, ordered=False)
            if old:
                await self._collection(kind).bulk_write(
                    [ReplaceOne({"_id": document["_id"]}, document) for document in old],
                    ordered=False,
                )
        if timeline:
            await self._add_to_timeline(timeline)

    async def _add_to_timeline(self, entries: list[TimelineEntry]) -> None:
        events = self._unacknowledged(self._names.events, TimelineEntry)
        try:
            await events.insert_many(entries, ordered=False)
        except BulkWriteError as error:
            if not has_only_duplicate_keys(error):
                raise

    def _collection(self, kind: DocumentKind) -> Collection[StoredDocument]:
        return self._unacknowledged(getattr(self._names, kind.value), StoredDocument)

    def _unacknowledged(self, name: str, shape: type[Shape]) -> Collection[Shape]:
        """Without waiting for the journal: later writes wait for it, and are journaled after."""
        collection = collection_of(self._mongo.database, name, shape)
        return collection.with_options(write_concern=WriteConcern(w=1))

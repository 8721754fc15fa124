"""The store of a generation being loaded: documents are kept in memory and written when they rest.

Nobody else writes this generation and nobody reads it, so there are no transactions, no revisions
to compare and no indexes; a load that breaks off is thrown away. Documents not touched for longest
are written first, in bulk, while folding goes on.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from pymongo import ReplaceOne, WriteConcern
from pymongo.errors import BulkWriteError

from vinculo.query_api.generations import collection_names
from vinculo.query_api.mongo import Collection, Document, Mongo
from vinculo.query_api.person_document.sections import DocumentKind
from vinculo.query_api.projection.documents import Held, Target, count_and_settle, held
from vinculo.query_api.projection.fold import Folded
from vinculo.query_api.projection.live_store import only_duplicates, quarantine_updates
from vinculo.query_api.projection.positions import Advance, TopicPartition
from vinculo.query_api.projector.totals import CounterChanges

MOST_HELD: Final = 40_000
TIMELINE_TOGETHER: Final = 5_000


class LoadingStore:
    """`begun_elsewhere` when other processes have written documents of this generation."""

    def __init__(
        self,
        mongo: Mongo,
        generation: str,
        clock: Callable[[], datetime],
        *,
        begun_elsewhere: bool = False,
    ) -> None:
        self._mongo = mongo
        self._names = collection_names(generation)
        self._clock = clock
        self._begun_elsewhere = begun_elsewhere
        self._held: OrderedDict[Target, Held] = OrderedDict()
        self._unwritten: set[Target] = set()
        self._ever_written: set[int] = set()
        self._timeline: list[Document] = []
        self._quarantined: dict[str, int] = {}
        self._changes = CounterChanges()
        self._writing: asyncio.Task[None] | None = None

    async def load(self, targets: Iterable[Target]) -> dict[Target, Held]:
        """Those not in memory are read; most are new, and reading says so."""
        wanted = list(targets)
        missing: dict[DocumentKind, list[Target]] = {}
        for target in wanted:
            if target not in self._held:
                missing.setdefault(target.family, []).append(target)
        for family, absent in missing.items():
            await self._read(family, absent)
        for target in wanted:
            self._held.move_to_end(target)
        return {target: self._held[target] for target in wanted}

    async def quarantined(self, stream_ids: Iterable[str]) -> dict[str, int]:
        return {each: self._quarantined[each] for each in stream_ids if each in self._quarantined}

    async def save(
        self,
        documents: dict[Target, Held],
        folded: Folded,
        advances: Mapping[TopicPartition, Advance],  # noqa: ARG002 - told once, at the end
    ) -> None:
        changed = {target: each for target, each in documents.items() if each.changed}
        people = (e for target, e in changed.items() if target.family is DocumentKind.PEOPLE)
        count_and_settle(people, self._changes)
        for each in changed.values():
            each.partition = None
        self._unwritten |= changed.keys()
        self._timeline += folded.timeline
        self._quarantined |= folded.quarantined
        if len(self._timeline) >= TIMELINE_TOGETHER or len(self._held) > MOST_HELD:
            await self._write_behind(self._take_rested())

    async def rest(self) -> None:
        """Write everything held: nothing more is expected about these people for now."""
        await self._write_behind(list(self._held))

    async def flush(self) -> None:
        """Have everything written."""
        await self.rest()
        await self._written()

    async def finish(self) -> None:
        """Write all that is left: documents, timeline, and at last counters and quarantine."""
        await self.flush()
        await self.write_counters()
        if self._quarantined:
            await self._mongo.database[self._names.quarantine].bulk_write(
                quarantine_updates(self._quarantined, self._clock()), ordered=False
            )

    async def write_counters(self) -> None:
        if updates := self._changes.updates():
            await self._mongo.database[self._names.counters].bulk_write(updates, ordered=False)
        self._changes = CounterChanges()

    def quarantine(self, streams: Mapping[str, int]) -> None:
        """Take over what another process had to set aside."""
        self._quarantined |= streams

    @property
    def waiting(self) -> Mapping[str, int]:
        """The quarantined streams, with the last version set aside of each."""
        return self._quarantined

    def release(self, stream_id: str) -> None:
        self._quarantined.pop(stream_id, None)

    async def _read(self, family: DocumentKind, absent: Sequence[Target]) -> None:
        """Look only for what was written before; of two alike hashes one is looked for in vain."""
        known = [
            target.id
            for target in absent
            if self._begun_elsewhere or hash(target) in self._ever_written
        ]
        stored: dict[Any, Document] = {}
        if known:
            await self._written()
            found = await self._of(family).find({"_id": {"$in": known}}).to_list(None)
            stored = {document["_id"]: document for document in found}
        for target in absent:
            self._held[target] = held(target, stored.get(target.id))

    def _take_rested(self) -> list[Target]:
        """Half of what is held, longest untouched first."""
        if len(self._held) <= MOST_HELD:
            return []
        return list(islice(self._held, len(self._held) // 2))

    async def _write_behind(self, targets: Sequence[Target]) -> None:
        """Write in the background, one write at a time."""
        await self._written()
        timeline, self._timeline = self._timeline, []
        resting = {target: self._held.pop(target) for target in targets}
        unwritten = {t: each for t, each in resting.items() if t in self._unwritten}
        self._unwritten -= unwritten.keys()
        self._ever_written.update(hash(target) for target in unwritten)
        self._writing = asyncio.create_task(self._write(unwritten, timeline))

    async def _written(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            await writing

    async def _write(self, documents: Mapping[Target, Held], timeline: list[Document]) -> None:
        for family in DocumentKind:
            of_family = [each for target, each in documents.items() if target.family is family]
            new = [each.document for each in of_family if not each.stored_revision]
            old = [each.document for each in of_family if each.stored_revision]
            if new:
                await self._of(family).insert_many(new, ordered=False)
            if old:
                await self._of(family).bulk_write(
                    [ReplaceOne({"_id": document["_id"]}, document) for document in old],
                    ordered=False,
                )
        if timeline:
            await self._add_to_timeline(timeline)

    async def _add_to_timeline(self, entries: list[Document]) -> None:
        events = self._hastily(self._names.events)
        try:
            await events.insert_many(entries, ordered=False)
        except BulkWriteError as error:
            if not only_duplicates(error):
                raise

    def _of(self, family: DocumentKind) -> Collection:
        return self._hastily(getattr(self._names, family.value))

    def _hastily(self, name: str) -> Collection:
        """Not waiting for the journal: what comes after the load waits, and is after it there."""
        return self._mongo.database[name].with_options(write_concern=WriteConcern(w=1))

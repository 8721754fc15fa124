"""The document that the projection makes of events, in memory and through nothing but its parts."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.sections import DocumentKind
from vinculo.query_api.projector.batch_processor import BatchProcessor
from vinculo.query_api.projector.checkpoints import CheckpointMove, TopicPartition
from vinculo.query_api.projector.fold import DocumentId, FoldResult, TrackedDocument, track
from vinculo.query_api.projector.live_store import StaleDocumentsError
from vinculo.query_api.projector.record_reader import RecordReader

from .told_events import Log, OpenKeys, Told


class MemoryStore:
    """Keeps documents as MongoDB would; `stale_saves` are saves to refuse first."""

    def __init__(self) -> None:
        self.documents: dict[DocumentId, Document] = {}
        self.timeline: dict[Any, Document] = {}
        self.waiting: dict[str, int] = {}
        self.stale_saves = 0

    async def load(self, targets: Iterable[DocumentId]) -> dict[DocumentId, TrackedDocument]:
        return {target: track(target, deepcopy(self.documents.get(target))) for target in targets}

    async def quarantined(self, stream_ids: Iterable[str]) -> dict[str, int]:
        return {each: self.waiting[each] for each in stream_ids if each in self.waiting}

    async def save(
        self,
        documents: dict[DocumentId, TrackedDocument],
        folded: FoldResult,
        advances: Mapping[TopicPartition, CheckpointMove],  # noqa: ARG002 - the projection keeps them too
    ) -> None:
        if self.stale_saves:
            self.stale_saves -= 1
            raise StaleDocumentsError
        for target, each in documents.items():
            if each.is_changed:
                self.documents[target] = each.document
        for entry in folded.timeline:
            self.timeline.setdefault(entry["_id"], entry)
        self.waiting |= folded.quarantined

    @property
    def people(self) -> list[Document]:
        return [d for target, d in self.documents.items() if target.kind is DocumentKind.PEOPLE]


class SetAside:
    def __init__(self) -> None:
        self.letters: list[tuple[ConsumerRecord, str]] = []

    async def put(self, record: ConsumerRecord, error: str) -> None:
        self.letters.append((record, error))


class Bench:
    """A projection over memory, and the positions it has reached."""

    def __init__(self, *, discarded: frozenset[str] = frozenset()) -> None:
        self.store = MemoryStore()
        self.keys = OpenKeys()
        self.set_aside = SetAside()
        self.reader = RecordReader("", discarded)
        self.projection = BatchProcessor(self.store, self.keys, self.set_aside, discarded=discarded)
        self.positions: dict[TopicPartition, int] = {}

    async def apply(self, records: Sequence[ConsumerRecord]) -> None:
        for record in records:
            self.positions.setdefault(TopicPartition(record.topic, record.partition), 0)
        await self.projection.apply([self.reader.read(r) for r in records], self.positions)


async def person_of(*streams: Sequence[Told]) -> Document:
    """The one person that these streams tell of."""
    bench = Bench()
    log = Log()
    for stream in streams:
        await bench.apply(log.append_all(stream))
    (person,) = bench.store.people
    return person

"""The batch processor over documents in memory."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.messaging import QuarantineReason
from vinculo.query_api.person_document.schema import Person, StoredDocument
from vinculo.query_api.person_document.sections import is_person
from vinculo.query_api.person_document.timeline import TimelineEntry
from vinculo.query_api.projector.batch_processor import BatchProcessor
from vinculo.query_api.projector.checkpoints import CheckpointMove, TopicPartition
from vinculo.query_api.projector.fold import DocumentId, FoldResult, TrackedDocument, track
from vinculo.query_api.projector.live_store import StaleDocumentsError
from vinculo.query_api.projector.record_reader import RecordReader

from .event_samples import EventSample, FakeKeyRing, InMemoryLog


class InMemoryStore:
    """Stores copies of documents as MongoDB would; refuses the first `stale_saves` saves."""

    def __init__(self) -> None:
        self.documents: dict[DocumentId, StoredDocument] = {}
        self.timeline: dict[UUID, TimelineEntry] = {}
        self.quarantine: dict[str, int] = {}
        self.stale_saves = 0

    async def load(self, document_ids: Iterable[DocumentId]) -> dict[DocumentId, TrackedDocument]:
        return {each: track(each, deepcopy(self.documents.get(each))) for each in document_ids}

    async def quarantined(self, stream_ids: Iterable[str]) -> dict[str, int]:
        return {each: self.quarantine[each] for each in stream_ids if each in self.quarantine}

    async def save(
        self,
        documents: dict[DocumentId, TrackedDocument],
        result: FoldResult,
        moves: Mapping[TopicPartition, CheckpointMove],  # noqa: ARG002 - the processor has them
    ) -> None:
        if self.stale_saves:
            self.stale_saves -= 1
            raise StaleDocumentsError
        for document_id, tracked in documents.items():
            if tracked.is_changed:
                self.documents[document_id] = tracked.document
        for entry in result.timeline:
            self.timeline.setdefault(entry["_id"], entry)
        self.quarantine |= result.quarantined

    @property
    def people(self) -> list[Person]:
        documents = self.documents.items()
        return [document for each, document in documents if is_person(document, each.kind)]


class RecordedDeadLetters:
    def __init__(self) -> None:
        self.records: list[tuple[ConsumerRecord, str]] = []

    async def put(self, record: ConsumerRecord, reason: QuarantineReason, error: str) -> None:  # noqa: ARG002 - always the same
        self.records.append((record, error))


class InMemoryProjector:
    """A batch processor over memory, and its checkpoints."""

    def __init__(self, *, discarded: frozenset[str] = frozenset()) -> None:
        self.store = InMemoryStore()
        self.keys = FakeKeyRing()
        self.dead_letters = RecordedDeadLetters()
        self.reader = RecordReader("", discarded)
        self.processor = BatchProcessor(
            self.store, self.keys, self.dead_letters, discarded=discarded
        )
        self.checkpoints: dict[TopicPartition, int] = {}

    async def apply(self, records: Sequence[ConsumerRecord]) -> None:
        for record in records:
            self.checkpoints.setdefault(TopicPartition(record.topic, record.partition), 0)
        await self.processor.apply([self.reader.read(r) for r in records], self.checkpoints)


async def project_person(*streams: Sequence[EventSample]) -> Person:
    """The document of the one person that these streams are about."""
    projector = InMemoryProjector()
    log = InMemoryLog()
    for stream in streams:
        await projector.apply(log.append_all(stream))
    (person,) = projector.store.people
    return person

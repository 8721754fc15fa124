"""The consumer engine over documents in memory."""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from copy import deepcopy
from datetime import datetime
from typing import Any
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.messaging import (
    Consumer,
    DecodedRecord,
    LetterKey,
    Outcome,
    PartitionProcessor,
    PendingDeadLetter,
    QuarantineReason,
)
from vinculo.query_api.person_document.schema import Person, StoredDocument
from vinculo.query_api.person_document.sections import is_person
from vinculo.query_api.person_document.timeline import TimelineEntry
from vinculo.query_api.projector.checkpoints import TopicPartition
from vinculo.query_api.projector.document_checkpoints import (
    BatchChanges,
    DocumentCheckpoints,
    StaleDocumentsError,
)
from vinculo.query_api.projector.fold import DocumentId, TrackedDocument, track
from vinculo.query_api.projector.projected_topics import ProjectedTopics
from vinculo.query_api.projector.quarantine import Quarantine
from vinculo.query_api.rebuild.loader import InMemoryDeadLetters

from .event_samples import EventSample, FakeKeyRing, InMemoryLog


class InMemoryStore:
    """Stores copies of documents as MongoDB would; refuses the first `stale_saves` saves."""

    keeps_documents = False

    def __init__(self) -> None:
        self.documents: dict[DocumentId, StoredDocument] = {}
        self.timeline: dict[UUID, TimelineEntry] = {}
        self.quarantine: dict[str, Quarantine] = {}
        self.resolutions: dict[LetterKey, Outcome] = {}
        self.stale_saves = 0

    async def load(self, document_ids: Iterable[DocumentId]) -> dict[DocumentId, TrackedDocument]:
        return {each: track(each, deepcopy(self.documents.get(each))) for each in document_ids}

    async def quarantines(self, stream_ids: Iterable[str] | None = None) -> dict[str, Quarantine]:
        streams = self.quarantine if stream_ids is None else stream_ids
        return {each: self.quarantine[each] for each in streams if each in self.quarantine}

    async def resolved(self) -> Collection[LetterKey]:
        return self.resolutions

    async def forget_resolutions(self, remaining: AbstractSet[LetterKey], before: datetime) -> int:
        raise NotImplementedError

    async def save(self, changes: BatchChanges) -> None:
        if self.stale_saves:
            self.stale_saves -= 1
            raise StaleDocumentsError
        for document_id, tracked in changes.documents.items():
            if tracked.is_changed:
                self.documents[document_id] = tracked.document
        if (superseded := changes.superseded) is not None:
            self.timeline = {
                event_id: entry
                for event_id, entry in self.timeline.items()
                if entry["stream_id"] != superseded.stream_id or event_id in superseded.kept
            }
        for entry in changes.timeline:
            self.timeline.setdefault(entry["_id"], entry)
        for stream_id, change in changes.quarantines.items():
            assert self.quarantine.get(stream_id) == change.before
            if change.after is None:
                del self.quarantine[stream_id]
            else:
                self.quarantine[stream_id] = change.after
        self.resolutions |= {each.key: each.outcome for each in changes.resolutions}

    @property
    def people(self) -> list[Person]:
        documents = self.documents.items()
        return [document for each, document in documents if is_person(document, each.kind)]

    @property
    def last_dead_lettered(self) -> dict[str, int]:
        """By quarantined stream."""
        return {stream: each.last_dead_lettered_version for stream, each in self.quarantine.items()}

    @property
    def reasons(self) -> dict[str, QuarantineReason]:
        """By quarantined stream."""
        return {stream: each.reason for stream, each in self.quarantine.items()}


class InMemoryProjector:
    """The engine over memory, and its checkpoints. `log` are all records given to it."""

    def __init__(
        self,
        *,
        discarded: frozenset[LetterKey] = frozenset(),
        keys: Any = None,
        prefix: str = "",
    ) -> None:
        self.store = InMemoryStore()
        self.keys = FakeKeyRing() if keys is None else keys
        self.dead_letters = InMemoryDeadLetters()
        self.checkpoints: dict[TopicPartition, int] = {}
        self.log: list[ConsumerRecord] = []
        self._topics = ProjectedTopics(prefix)
        self.consumer = self._consumer(self.checkpoints, discarded)
        self.replaying = self._consumer(None, discarded)
        self.processor = PartitionProcessor(
            self.consumer.checkpoints,
            self.dead_letters,
            max_tries=self.consumer.max_tries,
            max_batch_records=2_000,
        )

    async def apply(self, records: Sequence[ConsumerRecord]) -> None:
        """Apply the records; the error that stops them is raised."""
        self.log += records
        for record in records:
            self.checkpoints.setdefault(TopicPartition(record.topic, record.partition), 0)
        progress = await self.processor.run([self.consumer.decode(each) for each in records])
        if progress.fault is not None:
            raise progress.fault

    def pending(self) -> list[PendingDeadLetter]:
        return self.dead_letters.pending(self.replaying)

    def _consumer(
        self, offsets: dict[TopicPartition, int] | None, discarded: frozenset[LetterKey]
    ) -> Consumer:
        checkpoints = DocumentCheckpoints(
            self.store, self.keys, self._topics, offsets=offsets, history=self._history
        )
        return Consumer("query-api", self._topics.sources, checkpoints, discarded=discarded)

    async def _history(self, document_id: DocumentId, _partition: int) -> list[DecodedRecord]:
        decoded = [self.replaying.decode(record) for record in self.log]
        return [each for each in decoded if self._topics.document_of(each) == document_id]


async def project_person(*streams: Sequence[EventSample]) -> Person:
    """The document of the one person that these streams are about."""
    projector = InMemoryProjector()
    log = InMemoryLog()
    for stream in streams:
        await projector.apply(log.append_all(stream))
    (person,) = projector.store.people
    return person

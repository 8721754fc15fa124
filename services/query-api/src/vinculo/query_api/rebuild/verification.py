"""Compares a loaded generation with the active one: no stream may be behind."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NotRequired
from uuid import UUID

from typing_extensions import TypedDict

from vinculo.query_api.generations import collection_names
from vinculo.query_api.mongo import Collection, Database, collection_of
from vinculo.query_api.person_document.sections import DocumentKind, SectionName
from vinculo.query_api.projector.projected_topics import UUID_LENGTH, stream_subject
from vinculo.query_api.read_your_writes import SECTIONS

BATCH_DOCUMENTS: Final = 2_000
FIELDS: Final = {
    "version": 1,
    "erased_at": 1,
    "application.version": 1,
    "dossier.version": 1,
    "registry.version": 1,
    "credit_streams": 1,
}
CREDIT: Final = "credit"
"""The category of a person's streams of loans, applications and limits."""
SECTION_NAMES: Final[tuple[SectionName, ...]] = ("application", "dossier", "registry")


class Versioned(TypedDict):
    version: int


class DocumentVersions(TypedDict):
    """`FIELDS` of a document of any kind."""

    _id: UUID
    version: NotRequired[int]
    application: NotRequired[Versioned]
    dossier: NotRequired[Versioned]
    registry: NotRequired[Versioned]
    credit_streams: NotRequired[dict[str, Versioned]]
    erased_at: NotRequired[datetime]


@dataclass(frozen=True, slots=True)
class StreamLag:
    """A stream of which the loaded generation has a lower version than the active one."""

    kind: DocumentKind
    id: UUID
    stream: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.stream}"


def lag_key(stream_id: str, subject: UUID | None) -> tuple[UUID | None, str]:
    """Id and stream of a `StreamLag` of this stream; `subject` is that of its records."""
    category = stream_id[: -UUID_LENGTH - 1]
    if category == CREDIT:
        return subject, stream_id
    return stream_subject(stream_id), SECTIONS.get(category, "itself")


def versions(document: DocumentVersions) -> dict[str, int]:
    """The versions of all streams in a document; an erasure counts as version 1 of one more."""
    found: dict[str, int] = {
        section: document[section]["version"] for section in SECTION_NAMES if section in document
    }
    found |= {
        f"{CREDIT}-{key}": stream["version"]
        for key, stream in document.get("credit_streams", {}).items()
    }
    if "version" in document:
        found["itself"] = document["version"]
    if document.get("erased_at") is not None:
        found["erased"] = 1
    return found


async def lagging_streams(database: Database, active: str, loaded: str) -> AsyncIterator[StreamLag]:
    """The streams that are behind what the active generation had when it was read."""
    for kind in DocumentKind:
        expected = _documents(database, active, kind)
        found = _documents(database, loaded, kind)
        batch: list[DocumentVersions] = []
        async for document in expected.find({}, FIELDS).batch_size(BATCH_DOCUMENTS):
            batch.append(document)
            if len(batch) == BATCH_DOCUMENTS:
                for lag in await _lags_of_batch(found, kind, batch):
                    yield lag
                batch = []
        for lag in await _lags_of_batch(found, kind, batch):
            yield lag


def _documents(
    database: Database, generation: str, kind: DocumentKind
) -> Collection[DocumentVersions]:
    name: str = getattr(collection_names(generation), kind.value)
    return collection_of(database, name, DocumentVersions)


async def _lags_of_batch(
    collection: Collection[DocumentVersions], kind: DocumentKind, batch: list[DocumentVersions]
) -> list[StreamLag]:
    ids = [document["_id"] for document in batch]
    loaded = {
        document["_id"]: versions(document)
        for document in await collection.find({"_id": {"$in": ids}}, FIELDS).to_list(None)
    }
    return [
        StreamLag(kind, document["_id"], stream, version, found)
        for document in batch
        for stream, version in versions(document).items()
        if (found := loaded.get(document["_id"], {}).get(stream, 0)) < version
    ]


async def still_lagging(
    database: Database, loaded: str, before: list[StreamLag]
) -> list[StreamLag]:
    """Those of earlier lags that are still there."""
    left = []
    for lag in before:
        document = await _documents(database, loaded, lag.kind).find_one({"_id": lag.id}, FIELDS)
        found = 0 if document is None else versions(document).get(lag.stream, 0)
        if found < lag.expected:
            left.append(StreamLag(lag.kind, lag.id, lag.stream, lag.expected, found))
    return left

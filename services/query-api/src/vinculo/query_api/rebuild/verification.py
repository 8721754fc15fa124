"""Compares a loaded generation with the active one: no stream may be behind."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from vinculo.query_api.generations import collection_names
from vinculo.query_api.mongo import Database, Document
from vinculo.query_api.person_document.sections import DocumentKind

BATCH_DOCUMENTS: Final = 2_000
FIELDS: Final = {
    "version": 1,
    "erased_at": 1,
    "application.version": 1,
    "dossier.version": 1,
    "registry.version": 1,
    "loans": 1,
    "credit_applications": 1,
}


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


def versions(document: Mapping[str, Any]) -> dict[str, int]:
    """The versions of all streams in a document; an erasure counts as version 1 of one more."""
    found = {
        section: int(document[section]["version"])
        for section in ("application", "dossier", "registry")
        if section in document
    }
    found |= {
        f"{section} {key}": int(snapshot["version"])
        for section in ("loans", "credit_applications")
        for key, snapshot in document.get(section, {}).items()
    }
    if "version" in document:
        found["itself"] = int(document["version"])
    if document.get("erased_at") is not None:
        found["erased"] = 1
    return found


async def lagging_streams(database: Database, active: str, loaded: str) -> AsyncIterator[StreamLag]:
    """The streams that are behind what the active generation had when it was read."""
    for kind in DocumentKind:
        expected = getattr(collection_names(active), kind.value)
        found = getattr(collection_names(loaded), kind.value)
        batch: list[Document] = []
        async for document in database[expected].find({}, FIELDS).batch_size(BATCH_DOCUMENTS):
            batch.append(document)
            if len(batch) == BATCH_DOCUMENTS:
                for lag in await _lags_of_batch(database, found, kind, batch):
                    yield lag
                batch = []
        for lag in await _lags_of_batch(database, found, kind, batch):
            yield lag


async def _lags_of_batch(
    database: Database, collection: str, kind: DocumentKind, batch: list[Document]
) -> list[StreamLag]:
    ids = [document["_id"] for document in batch]
    loaded = {
        document["_id"]: versions(document)
        for document in await database[collection].find({"_id": {"$in": ids}}, FIELDS).to_list(None)
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
        collection = getattr(collection_names(loaded), lag.kind.value)
        document = await database[collection].find_one({"_id": lag.id}, FIELDS)
        found = versions(document or {}).get(lag.stream, 0)
        if found < lag.expected:
            left.append(StreamLag(lag.kind, lag.id, lag.stream, lag.expected, found))
    return left

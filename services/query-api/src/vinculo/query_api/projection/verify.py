"""Comparing a loaded generation with the one in service: no stream may be behind."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from vinculo.query_api.generations import collection_names
from vinculo.query_api.mongo import Database, Document
from vinculo.query_api.person_document.sections import DocumentKind

TOGETHER: Final = 2_000
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
class Behind:
    """A document of the loaded generation that knows less than the one in service."""

    family: DocumentKind
    id: UUID
    stream: str
    expected: int
    found: int


def versions(document: Mapping[str, Any]) -> dict[str, int]:
    """The versions of all streams in a document, and whether it knows of an erasure."""
    found = {
        part: int(document[part]["version"])
        for part in ("application", "dossier", "registry")
        if part in document
    }
    found |= {
        f"{part} {key}": int(report["version"])
        for part in ("loans", "credit_applications")
        for key, report in document.get(part, {}).items()
    }
    if "version" in document:
        found["itself"] = int(document["version"])
    if document.get("erased_at") is not None:
        found["erased"] = 1
    return found


async def behind(database: Database, active: str, loaded: str) -> AsyncIterator[Behind]:
    """What the loaded generation lacks of what the active one held when it was read."""
    for family in DocumentKind:
        expected = getattr(collection_names(active), family.value)
        found = getattr(collection_names(loaded), family.value)
        batch: list[Document] = []
        async for document in database[expected].find({}, FIELDS).batch_size(TOGETHER):
            batch.append(document)
            if len(batch) == TOGETHER:
                for each in await _lacking(database, found, family, batch):
                    yield each
                batch = []
        for each in await _lacking(database, found, family, batch):
            yield each


async def _lacking(
    database: Database, collection: str, family: DocumentKind, batch: list[Document]
) -> list[Behind]:
    ids = [document["_id"] for document in batch]
    loaded = {
        document["_id"]: versions(document)
        for document in await database[collection].find({"_id": {"$in": ids}}, FIELDS).to_list(None)
    }
    return [
        Behind(family, document["_id"], stream, version, found)
        for document in batch
        for stream, version in versions(document).items()
        if (found := loaded.get(document["_id"], {}).get(stream, 0)) < version
    ]


async def still_behind(database: Database, loaded: str, before: list[Behind]) -> list[Behind]:
    """Those of the earlier findings that reading on has not put right."""
    left = []
    for each in before:
        collection = getattr(collection_names(loaded), each.family.value)
        document = await database[collection].find_one({"_id": each.id}, FIELDS)
        found = versions(document or {}).get(each.stream, 0)
        if found < each.expected:
            left.append(Behind(each.family, each.id, each.stream, each.expected, found))
    return left

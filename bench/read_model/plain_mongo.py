"""Plain PyMongo writes of prepared documents and updates: a ceiling for the read model's speed."""

import time
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from pymongo import MongoClient, UpdateOne, WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database

from vinculo.query_api.generations import ACTIVE, READ_MODEL, CollectionNames, collection_names
from vinculo.query_api.mongo import OPTIONS

Document = dict[str, Any]
INSERT_BATCH = 5_000
UPDATE_BATCH = 1_000
MAX_UPDATES = 20_000


class PlainMongo:
    """Writes to scratch collections beside the active generation."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self._database: Database[Document] = client.get_default_database()

    def active(self) -> CollectionNames:
        pointer = self._database[READ_MODEL].find_one({"_id": ACTIVE})
        if pointer is None:
            raise LookupError("no generation is active")
        return collection_names(pointer["generation"])

    def documents(self) -> int:
        """The number of documents of the active generation."""
        names = self.active()
        return sum(self._database[name].count_documents({}) for name in loaded_collections(names))

    def insert_all(self) -> Mapping[str, float]:
        """Insert all documents anew without secondary indexes; reading them is not counted."""
        documents, seconds = 0, 0.0
        for name in loaded_collections(self.active()):
            with Scratch(self._database) as scratch:
                for batch in _batches(self._database[name], INSERT_BATCH):
                    started = time.perf_counter()
                    scratch.insert_many(batch, ordered=False)
                    seconds += time.perf_counter() - started
                    documents += len(batch)
        return {"inserts": documents / seconds}

    def update_each(self) -> Mapping[str, float]:
        """One update per event, each sent after the previous one was acknowledged."""
        updates = self._updates()
        with Scratch(self._database) as scratch:
            plain = scratch.with_options(write_concern=WriteConcern(w=1, j=False))
            started = time.perf_counter()
            for match, change in updates:
                plain.update_one(match, change, upsert=True)
            return {"updates": len(updates) / (time.perf_counter() - started)}

    def update_in_bulk(self) -> Mapping[str, float]:
        """One update per event, in ordered batches of a thousand."""
        updates = [UpdateOne(match, change, upsert=True) for match, change in self._updates()]
        with Scratch(self._database) as scratch:
            plain = scratch.with_options(write_concern=WriteConcern(w=1, j=False))
            started = time.perf_counter()
            for start in range(0, len(updates), UPDATE_BATCH):
                plain.bulk_write(updates[start : start + UPDATE_BATCH], ordered=True)
            return {"bulk updates": len(updates) / (time.perf_counter() - started)}

    def _updates(self) -> list[tuple[Document, Document]]:
        """The updates of a projector that writes each event alone into its person's document."""
        events = self._database[self.active().events].find().limit(MAX_UPDATES)
        return [
            (
                {"_id": event["person_id"]},
                {
                    "$set": {
                        f"{event['topic'].replace('.', '-')}.version": event["version"],
                        f"facts.{event['type'].partition('.')[0]}": event["facts"],
                    }
                },
            )
            for event in events
        ]


class Scratch:
    """A new collection, dropped afterwards."""

    def __init__(self, database: Database[Document]) -> None:
        self._collection = database[f"scratch_{uuid4().hex}"]

    def __enter__(self) -> Collection[Document]:
        return self._collection

    def __exit__(self, *_: object) -> None:
        self._collection.drop()


def loaded_collections(names: CollectionNames) -> tuple[str, ...]:
    """The collections into which a load writes one document per person, message or event."""
    return names.people, names.events, names.messages, names.payers, names.policies


def _batches(collection: Collection[Document], number: int) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for document in collection.find(batch_size=number):
        batch.append(document)
        if len(batch) == number:
            yield batch
            batch = []
    if batch:
        yield batch


def connected(url: str) -> MongoClient[Document]:
    """A client with the same write guarantees as the service: journaled by a majority."""
    return MongoClient(url, **OPTIONS)

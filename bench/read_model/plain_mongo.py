"""The least that writing the read model takes: plain PyMongo, documents and updates ready-made."""

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
INSERTED_TOGETHER = 5_000
UPDATED_TOGETHER = 1_000
MOST_UPDATES = 20_000


class PlainMongo:
    """Works beside the generation in service, on collections that it drops again."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self._database: Database[Document] = client.get_default_database()

    def active(self) -> CollectionNames:
        pointer = self._database[READ_MODEL].find_one({"_id": ACTIVE})
        if pointer is None:
            raise LookupError("no generation is in service")
        return collection_names(pointer["generation"])

    def documents(self) -> int:
        """How many the generation in service consists of."""
        names = self.active()
        return sum(self._database[name].count_documents({}) for name in written(names))

    def insert_all(self) -> Mapping[str, float]:
        """Insert all documents anew without secondary indexes; reading them is not counted."""
        documents, seconds = 0, 0.0
        for name in written(self.active()):
            with Scratch(self._database) as scratch:
                for some in _some(self._database[name], INSERTED_TOGETHER):
                    begun = time.perf_counter()
                    scratch.insert_many(some, ordered=False)
                    seconds += time.perf_counter() - begun
                    documents += len(some)
        return {"inserts": documents / seconds}

    def update_each(self) -> Mapping[str, float]:
        """One update per event, each sent when the one before was acknowledged."""
        updates = self._updates()
        with Scratch(self._database) as scratch:
            plain = scratch.with_options(write_concern=WriteConcern(w=1, j=False))
            begun = time.perf_counter()
            for where, what in updates:
                plain.update_one(where, what, upsert=True)
            return {"updates": len(updates) / (time.perf_counter() - begun)}

    def update_in_bulk(self) -> Mapping[str, float]:
        """One update per event, a thousand sent together, in order."""
        updates = [UpdateOne(where, what, upsert=True) for where, what in self._updates()]
        with Scratch(self._database) as scratch:
            plain = scratch.with_options(write_concern=WriteConcern(w=1, j=False))
            begun = time.perf_counter()
            for start in range(0, len(updates), UPDATED_TOGETHER):
                plain.bulk_write(updates[start : start + UPDATED_TOGETHER], ordered=True)
            return {"bulk updates": len(updates) / (time.perf_counter() - begun)}

    def _updates(self) -> list[tuple[Document, Document]]:
        """What a projector would send that puts each event by itself into its person's document."""
        events = self._database[self.active().events].find().limit(MOST_UPDATES)
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
    """A collection of its own, dropped afterwards."""

    def __init__(self, database: Database[Document]) -> None:
        self._collection = database[f"scratch_{uuid4().hex}"]

    def __enter__(self) -> Collection[Document]:
        return self._collection

    def __exit__(self, *_: object) -> None:
        self._collection.drop()


def written(names: CollectionNames) -> tuple[str, ...]:
    """The collections of which a load writes one document per person, message or event."""
    return names.people, names.events, names.messages, names.payers, names.policies


def _some(collection: Collection[Document], number: int) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for document in collection.find(batch_size=number):
        batch.append(document)
        if len(batch) == number:
            yield batch
            batch = []
    if batch:
        yield batch


def connected(url: str) -> MongoClient[Document]:
    """With the same guarantees as the service: a majority holds the write in its journal."""
    return MongoClient(url, **OPTIONS)

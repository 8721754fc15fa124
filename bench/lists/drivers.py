"""Compares both MongoDB drivers: the same reads through the service's own code, in turns.

`QUERY_MONGO_URL=… python -m bench.lists.drivers` reads that database's read model, and changes
nothing.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from vinculo.events import utc_now
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.lists.catalogue import LISTS, ListName, projected_fields, sort_by
from vinculo.query_api.lists.filters import FilterParameters, filter_people
from vinculo.query_api.lists.planner.statistics import StatisticsCache
from vinculo.query_api.lists.query import ListQuery
from vinculo.query_api.mongo import Collection, Driver, Mongo, collection_of, connect
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.profile.profile import listed_person
from vinculo.query_api.read_model import ReadModel

TURNS: Final = 7
READS: Final = 200
CONCURRENCY: Final = 16
BATCH: Final = 10_000
SAMPLE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson:
    id: UUID
    document_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    mongo: Mongo
    people: Collection[Person]
    lists: ListQuery


Read = Callable[[Reader, ListedPerson], Awaitable[object]]


async def read_list(reader: Reader, text: str) -> object:
    people_list, now = LISTS[ListName.REGISTRATIONS], datetime.now(UTC)
    people_filter = filter_people(
        people_list, FilterParameters(q=text), zone=ZoneInfo("America/Bogota"), now=now
    )
    sort = sort_by(people_list, "name")
    return await reader.lists.execute(people_filter, sort, limit=50, cursor=None, started_at=now)


async def page(reader: Reader, _: ListedPerson) -> object:
    return await read_list(reader, "")


async def search(reader: Reader, person: ListedPerson) -> object:
    return await read_list(reader, person.document_number)


async def profile(reader: Reader, person: ListedPerson) -> object:
    return await listed_person(reader.people, person.id)


async def export(reader: Reader, _: ListedPerson) -> object:
    fields = projected_fields(LISTS[ListName.REGISTRATIONS].columns, "created")
    found = reader.people.find({"kind": {"$exists": True}}, fields).batch_size(BATCH)
    rows = 0
    while batch := await found.to_list(BATCH):
        rows += len(batch)
    return rows


async def latency_ms(read: Read, reader: Reader, people: Sequence[ListedPerson]) -> float:
    """The median time of reads one after another."""
    times = []
    for person in people:
        started = time.perf_counter()
        await read(reader, person)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


async def cpu_ms(read: Read, reader: Reader, people: Sequence[ListedPerson]) -> float:
    """Processor time of this process per read, which other load on the machine hardly changes."""
    started = time.process_time()
    await reads_per_second(read, reader, people)
    return (time.process_time() - started) * 1000 / len(people)


async def reads_per_second(read: Read, reader: Reader, people: Sequence[ListedPerson]) -> float:
    """The throughput of concurrent reads."""
    remaining = iter(people)

    async def read_remaining() -> None:
        for person in remaining:
            await read(reader, person)

    started = time.perf_counter()
    await asyncio.gather(*(read_remaining() for _ in range(CONCURRENCY)))
    return len(people) / (time.perf_counter() - started)


async def sample_people(people: Collection[Person]) -> list[ListedPerson]:
    listed = people.find({"kind": {"$exists": True}}, {"personal.document_number": 1})
    return [
        ListedPerson(id=each["_id"], document_number=each["personal"]["document_number"])
        for each in await listed.limit(SAMPLE).to_list(SAMPLE)
    ]


async def reader_of(mongo: Mongo) -> Reader:
    names = collection_names(await active_generation(mongo.database))
    lists = ListQuery(ReadModel(mongo.database, utc_now), StatisticsCache(mongo))
    return Reader(
        mongo=mongo, people=collection_of(mongo.database, names.people, Person), lists=lists
    )


async def compare(url: str) -> None:
    mongos = {driver: connect(url, driver) for driver in Driver}
    try:
        readers = {driver: await reader_of(mongo) for driver, mongo in mongos.items()}
        collection = readers[Driver.MOTOR].people
        sample = await sample_people(collection)
        rng = random.Random(1)  # noqa: S311 - the same people in every run
        count = await collection.estimated_document_count()
        print(f"{count:,} people; medians of {TURNS} turns of {READS} reads")
        for read in (page, search, profile, export):
            for measure in (latency_ms, cpu_ms, reads_per_second):
                people = rng.choices(sample, k=1 if read is export else READS)
                found: dict[Driver, list[float]] = {driver: [] for driver in Driver}
                for turn in range(TURNS):
                    for driver in sorted(Driver, reverse=bool(turn % 2)):
                        found[driver].append(await measure(read, readers[driver], people))
                motor, pymongo = (statistics.median(found[driver]) for driver in Driver)
                medians = f"motor {motor:10,.2f} pymongo {pymongo:10,.2f}"
                print(f"{read.__name__:8} {measure.__name__:10} {medians}")
    finally:
        for mongo in mongos.values():
            await mongo.close()


if __name__ == "__main__":
    asyncio.run(compare(os.environ["QUERY_MONGO_URL"]))

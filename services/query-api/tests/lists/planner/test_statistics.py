"""A sample is taken once, used while the next is taken, and empty when there is none."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

from pymongo.errors import AutoReconnect

from vinculo.query_api.lists.planner.statistics import StatisticsCache
from vinculo.query_api.mongo import Collection, Mongo
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.testing.generators import generate_people
from vinculo.testing.waiting import eventually

PEOPLE = list(generate_people(40))


@dataclass
class Database:
    """The nth query finds n people; `gate` holds results back."""

    queried: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    is_down: bool = False

    async def aggregate(self, collection: str, *_: Any, **__: Any) -> list[Person]:
        self.queried.append(collection)
        await self.gate.wait()
        if self.is_down:
            raise AutoReconnect
        return PEOPLE[: len(self.queried)]


@dataclass(frozen=True)
class Named:
    name: str


def named(name: str) -> Collection[Person]:
    return cast("Collection[Person]", Named(name))


def samples_of(database: Database, refresh_after_seconds: float = 600) -> StatisticsCache:
    return StatisticsCache(cast("Mongo", database), refresh_after_seconds=refresh_after_seconds)


async def test_first_queries_wait_for_the_same_sample() -> None:
    database = Database()
    samples = samples_of(database)
    queries = [asyncio.create_task(samples.of(named("people_1"), 40)) for _ in range(5)]
    await asyncio.sleep(0)
    database.gate.set()

    assert [len(sample) for sample in await asyncio.gather(*queries)] == [1] * 5
    assert len(await samples.of(named("people_1"), 40)) == 1
    assert database.queried == ["people_1"]


async def test_an_old_sample_is_used_until_the_next_is_ready() -> None:
    database = Database()
    database.gate.set()
    samples = samples_of(database, refresh_after_seconds=0)
    await samples.of(named("people_1"), 40)
    database.gate.clear()

    assert len(await samples.of(named("people_1"), 40)) == 1
    database.gate.set()

    async def is_newer() -> bool:
        return len(await samples.of(named("people_1"), 40)) > 1

    await eventually(is_newer)


async def test_a_doubled_number_of_people_refreshes_the_sample() -> None:
    database = Database()
    database.gate.set()
    samples = samples_of(database)
    await samples.of(named("people_1"), 40)

    await samples.of(named("people_1"), 1_500)
    assert database.queried == ["people_1"]
    await samples.of(named("people_1"), 5_000)
    await eventually(lambda: len(database.queried) == 2)


async def test_another_generation_has_its_own_sample() -> None:
    database = Database()
    database.gate.set()
    samples = samples_of(database)
    await samples.of(named("people_1"), 40)
    await samples.of(named("people_2"), 40)

    assert database.queried == ["people_1", "people_2"]


async def test_an_unused_sample_is_evicted() -> None:
    database = Database()
    database.gate.set()
    samples = StatisticsCache(cast("Mongo", database), evict_after_seconds=0)
    await samples.of(named("people_1"), 40)

    async def is_taken_anew() -> bool:
        await samples.of(named("people_1"), 40)
        return len(database.queried) > 1

    await eventually(is_taken_anew)


async def test_without_a_response_the_sample_is_empty_and_not_queried_again() -> None:
    database = Database(is_down=True)
    database.gate.set()
    samples = samples_of(database)

    assert len(await samples.of(named("people_1"), 40)) == 0
    assert len(await samples.of(named("people_1"), 40)) == 0
    assert database.queried == ["people_1"]

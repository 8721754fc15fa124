"""A sample is taken once, used while the next is taken, and missed by nobody when there is none."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

from pymongo.errors import AutoReconnect

from vinculo.query_api.lists.planner.statistics import StatisticsCache
from vinculo.query_api.mongo import Collection, Mongo
from vinculo.query_api.testing.generators import generate_people
from vinculo.testing.eventually import eventually

PEOPLE = list(generate_people(40))


@dataclass
class Database:
    """Answers with so many people as it was asked times; `gate` holds answers back."""

    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    is_away: bool = False

    async def aggregate(self, collection: str, *_: Any, **__: Any) -> list[dict[str, Any]]:
        self.asked.append(collection)
        await self.gate.wait()
        if self.is_away:
            raise AutoReconnect
        return PEOPLE[: len(self.asked)]


@dataclass(frozen=True)
class Named:
    name: str


def named(name: str) -> Collection:
    return cast("Collection", Named(name))


def samples_of(database: Database, refreshed_seconds: float = 600) -> StatisticsCache:
    return StatisticsCache(cast("Mongo", database), refreshed_seconds=refreshed_seconds)


async def test_those_who_ask_first_wait_for_the_same_sample() -> None:
    database = Database()
    samples = samples_of(database)
    asking = [asyncio.create_task(samples.of(named("people_1"), 40)) for _ in range(5)]
    await asyncio.sleep(0)
    database.gate.set()

    assert [len(sample) for sample in await asyncio.gather(*asking)] == [1] * 5
    assert len(await samples.of(named("people_1"), 40)) == 1
    assert database.asked == ["people_1"]


async def test_an_old_sample_is_used_until_the_next_is_there() -> None:
    database = Database()
    database.gate.set()
    samples = samples_of(database, refreshed_seconds=0)
    await samples.of(named("people_1"), 40)
    database.gate.clear()

    assert len(await samples.of(named("people_1"), 40)) == 1
    database.gate.set()

    async def is_newer() -> bool:
        return len(await samples.of(named("people_1"), 40)) > 1

    await eventually(is_newer)


async def test_a_flood_of_people_is_a_reason_for_the_next() -> None:
    database = Database()
    database.gate.set()
    samples = samples_of(database)
    await samples.of(named("people_1"), 40)

    await samples.of(named("people_1"), 1_500)
    assert database.asked == ["people_1"]
    await samples.of(named("people_1"), 5_000)
    await eventually(lambda: len(database.asked) == 2)


async def test_another_generation_gets_its_own() -> None:
    database = Database()
    database.gate.set()
    samples = samples_of(database)
    await samples.of(named("people_1"), 40)
    await samples.of(named("people_2"), 40)

    assert database.asked == ["people_1", "people_2"]


async def test_a_sample_that_nobody_asks_for_is_forgotten() -> None:
    database = Database()
    database.gate.set()
    samples = StatisticsCache(cast("Mongo", database), forgotten_seconds=0)
    await samples.of(named("people_1"), 40)

    async def is_taken_anew() -> bool:
        await samples.of(named("people_1"), 40)
        return len(database.asked) > 1

    await eventually(is_taken_anew)


async def test_without_an_answer_there_is_an_empty_sample_and_no_second_question() -> None:
    database = Database(is_away=True)
    database.gate.set()
    samples = samples_of(database)

    assert len(await samples.of(named("people_1"), 40)) == 0
    assert len(await samples.of(named("people_1"), 40)) == 0
    assert database.asked == ["people_1"]

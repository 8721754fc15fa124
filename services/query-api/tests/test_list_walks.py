"""A walk through a list goes on while people come, change and go."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from vinculo.query_api import main
from vinculo.query_api.lists.catalogue import ListName
from vinculo.query_api.mongo import Collection
from vinculo.query_api.testing.generators import generate_people
from vinculo.query_api.testing.random_queries import ListRequest
from vinculo.testing.fixture_types import MongoUrl

from .query_service import begin_generation, query_service
from .served_people import NO_FILES, Served, ids, serving

pytestmark = pytest.mark.servers

PEOPLE = list(generate_people(240, seed=3))
OTHERS = list(generate_people(600, seed=4))
SORTS = ("name", "-registered_at", "number", "-status", "email", "document_type", "-person_id")


@pytest_asyncio.fixture
async def served() -> AsyncIterator[Served]:
    async with serving(PEOPLE, "motor") as each:
        yield each["motor"]


@dataclass(slots=True)
class Traffic:
    """Changes the list between two pages, and remembers who was left alone."""

    people: Collection
    chance: random.Random
    waiting: list[dict[str, Any]] = field(default_factory=lambda: [*OTHERS])
    alone: set[str] = field(default_factory=lambda: {str(p["_id"]) for p in PEOPLE})

    async def happen(self) -> None:
        arrivals = [self.waiting.pop() for _ in range(5)]
        await self.people.insert_many(arrivals)
        gone, moved = self.chance.sample(sorted(self.alone), 2)
        self.alone -= {gone, moved}
        for person in PEOPLE:
            if str(person["_id"]) == gone:
                await self.people.delete_one({"_id": person["_id"]})
            if str(person["_id"]) == moved:
                columns = {
                    "status": self.chance.choice(("pending", "blocked", "disabled")),
                    "personal.name_key": self.chance.choice(("aaa", "mmm", "zzz")),
                    "personal.email_key": self.chance.choice(("aaa", "mmm", "zzz")),
                    "registration_number": self.chance.randrange(1_000),
                }
                await self.people.update_one({"_id": person["_id"]}, {"$set": columns})


@pytest.mark.parametrize("sort", SORTS)
async def test_whoever_stays_put_is_seen_once_in_either_direction(
    served: Served, sort: str
) -> None:
    traffic = Traffic(await served.people(), random.Random(sort))  # noqa: S311 - the same each time
    question = ListRequest(list_name=ListName.REGISTRATIONS, sort=sort, limit=50)

    page = await served.page(question)
    forward = ids(page)
    while page["next_cursor"] is not None:
        await traffic.happen()
        page = await served.page(question, page["next_cursor"])
        forward += ids(page)
    _once(forward, traffic.alone)

    last = ids(page)
    backward: list[str] = []
    while page["previous_cursor"] is not None:
        await traffic.happen()
        page = await served.page(question, page["previous_cursor"])
        backward = ids(page) + backward
    _once(backward, traffic.alone - set(last))


def _once(seen: Sequence[str], alone: set[str]) -> None:
    assert sorted(each for each in seen if each in alone) == sorted(alone)


async def test_a_page_whose_people_are_gone_leads_back_to_whoever_is_there(served: Served) -> None:
    question = ListRequest(list_name=ListName.REGISTRATIONS, sort="number", limit=200)
    first = await served.page(question)
    shown = ids(first)
    numbers = [item["number"] for item in first["items"]]
    people = await served.people()
    await people.delete_many({"registration_number": {"$gt": max(numbers)}})

    empty = await served.page(question, first["next_cursor"])
    back = await served.page(question, empty["previous_cursor"])

    assert (ids(empty), empty["next_cursor"]) == ([], None)
    assert ids(back) == shown


async def test_a_beginning_that_is_gone_leads_on_to_whoever_is_there(served: Served) -> None:
    question = ListRequest(list_name=ListName.REGISTRATIONS, sort="number", limit=100)
    first = await served.page(question)
    second = await served.page(question, first["next_cursor"])
    people = await served.people()
    await people.delete_many({"registration_number": {"$lte": first["items"][-1]["number"]}})

    empty = await served.page(question, second["previous_cursor"])
    on = await served.page(question, empty["next_cursor"])

    assert (ids(empty), empty["previous_cursor"]) == ([], None)
    assert ids(on) == ids(second)


async def test_a_walk_keeps_the_number_that_its_first_page_told(served: Served) -> None:
    question = ListRequest(
        list_name=ListName.REGISTRATIONS, sort="number", limit=5, filters={"q": "maria"}
    )
    first = await served.page(question)
    people = await served.people()
    await people.delete_many({"personal.tokens": "n:maria"})

    second = await served.page(question, first["next_cursor"])

    assert second["items"] == []
    assert second["total_matching"] == first["total_matching"] > 5


async def test_today_stays_the_day_on_which_the_walk_began(
    mongo_url: MongoUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [datetime.now(UTC)]
    monkeypatch.setattr(main, "utc_now", lambda: now[0])
    people = [person | {"created": now[0], "modified": now[0]} for person in PEOPLE]
    async with query_service(mongo_url("query"), NO_FILES) as (client, mongo):
        await begin_generation(mongo, people)
        served = Served(client=client, mongo=mongo)
        question = ListRequest(
            list_name=ListName.CUSTOMERS, sort="name", limit=5, filters={"created": "today"}
        )
        first = await served.page(question)
        now[0] += timedelta(days=1)

        assert len(ids(await served.page(question, first["next_cursor"]))) == 5
        assert ids(await served.page(question)) == []

"""Pages stay consistent while people are added, changed and removed."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from vinculo.query_api import main
from vinculo.query_api.lists.catalogue import ListName
from vinculo.query_api.mongo import Collection
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.testing.generators import generate_people
from vinculo.query_api.testing.random_queries import ListRequest
from vinculo.testing.fixture_types import MongoUrl

from ..query_service import make_generation, query_service
from .served_lists import NO_FILES, ServedLists, ids, serve_lists

pytestmark = pytest.mark.servers

PEOPLE = list(generate_people(240, seed=3))
OTHERS = list(generate_people(600, seed=4))
SORTS = ("name", "-registered_at", "number", "-status", "email", "document_type", "-person_id")


@pytest_asyncio.fixture
async def served() -> AsyncIterator[ServedLists]:
    async with serve_lists(PEOPLE, "motor") as each:
        yield each["motor"]


@dataclass(slots=True)
class Traffic:
    """Changes the list between two pages; `unchanged` are the people it has not touched."""

    people: Collection[Person]
    random: random.Random
    arriving: list[Person] = field(default_factory=lambda: [*OTHERS])
    unchanged: set[str] = field(default_factory=lambda: {str(p["_id"]) for p in PEOPLE})

    async def change_list(self) -> None:
        arrivals = [self.arriving.pop() for _ in range(5)]
        await self.people.insert_many(arrivals)
        gone, moved = self.random.sample(sorted(self.unchanged), 2)
        self.unchanged -= {gone, moved}
        for person in PEOPLE:
            if str(person["_id"]) == gone:
                await self.people.delete_one({"_id": person["_id"]})
            if str(person["_id"]) == moved:
                columns = {
                    "status": self.random.choice(("pending", "blocked", "disabled")),
                    "personal.name_key": self.random.choice(("aaa", "mmm", "zzz")),
                    "personal.email_key": self.random.choice(("aaa", "mmm", "zzz")),
                    "registration_number": self.random.randrange(1_000),
                }
                await self.people.update_one({"_id": person["_id"]}, {"$set": columns})


@pytest.mark.parametrize("sort", SORTS)
async def test_unchanged_people_are_seen_once_in_either_direction(
    served: ServedLists, sort: str
) -> None:
    traffic = Traffic(await served.people(), random.Random(sort))  # noqa: S311 - the same each time
    list_request = ListRequest(list_name=ListName.REGISTRATIONS, sort=sort, limit=50)

    page = await served.page(list_request)
    forward = ids(page)
    while page["next_cursor"] is not None:
        await traffic.change_list()
        page = await served.page(list_request, page["next_cursor"])
        forward += ids(page)
    _assert_seen_once(forward, traffic.unchanged)

    last = ids(page)
    backward: list[str] = []
    while page["previous_cursor"] is not None:
        await traffic.change_list()
        page = await served.page(list_request, page["previous_cursor"])
        backward = ids(page) + backward
    _assert_seen_once(backward, traffic.unchanged - set(last))


def _assert_seen_once(seen: Sequence[str], unchanged: set[str]) -> None:
    assert sorted(each for each in seen if each in unchanged) == sorted(unchanged)


async def test_an_empty_page_leads_back_to_the_remaining_people(served: ServedLists) -> None:
    list_request = ListRequest(list_name=ListName.REGISTRATIONS, sort="number", limit=200)
    first = await served.page(list_request)
    shown = ids(first)
    numbers = [item["number"] for item in first["items"]]
    people = await served.people()
    await people.delete_many({"registration_number": {"$gt": max(numbers)}})

    empty = await served.page(list_request, first["next_cursor"])
    back = await served.page(list_request, empty["previous_cursor"])

    assert (ids(empty), empty["next_cursor"]) == ([], None)
    assert ids(back) == shown


async def test_a_removed_beginning_leads_on_to_the_remaining_people(served: ServedLists) -> None:
    list_request = ListRequest(list_name=ListName.REGISTRATIONS, sort="number", limit=100)
    first = await served.page(list_request)
    second = await served.page(list_request, first["next_cursor"])
    people = await served.people()
    await people.delete_many({"registration_number": {"$lte": first["items"][-1]["number"]}})

    empty = await served.page(list_request, second["previous_cursor"])
    forward = await served.page(list_request, empty["next_cursor"])

    assert (ids(empty), empty["previous_cursor"]) == ([], None)
    assert ids(forward) == ids(second)


async def test_all_pages_have_the_total_of_the_first_page(served: ServedLists) -> None:
    list_request = ListRequest(
        list_name=ListName.REGISTRATIONS, sort="number", limit=5, filters={"q": "maria"}
    )
    first = await served.page(list_request)
    people = await served.people()
    await people.delete_many({"personal.tokens": {"$regex": "^n:maria"}})

    second = await served.page(list_request, first["next_cursor"])

    assert second["items"] == []
    assert second["total_matching"] == first["total_matching"] > 5


async def test_today_stays_the_day_of_the_first_page(
    mongo_url: MongoUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [datetime.now(UTC)]
    monkeypatch.setattr(main, "utc_now", lambda: now[0])
    people = [person | {"created": now[0], "modified": now[0]} for person in PEOPLE]
    async with query_service(mongo_url("query"), NO_FILES) as (client, mongo):
        await make_generation(mongo, people)
        served = ServedLists(client=client, mongo=mongo)
        list_request = ListRequest(
            list_name=ListName.CUSTOMERS, sort="name", limit=5, filters={"created": "today"}
        )
        first = await served.page(list_request)
        now[0] += timedelta(days=1)

        assert len(ids(await served.page(list_request, first["next_cursor"]))) == 5
        assert ids(await served.page(list_request)) == []

"""Every page of every list is what a naive scan of all people would give."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import orjson
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.contracts.customer_registry import Kind
from vinculo.local.testing import MakeBucket, MongoUrl
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.lists.catalogue import LISTS, Column, ListName, PeopleList
from vinculo.query_api.lists.cursor import Cursor
from vinculo.query_api.lists.filters import FilterParameters, filter_people
from vinculo.query_api.lists.pages import with_position
from vinculo.query_api.lists.sorting import sort_by
from vinculo.query_api.mongo import Mongo
from vinculo.query_api.people.columns import index_name

from .query_service import REQUIREMENTS, begin_generation, query_service, some_people, token
from .test_list_filters import BOGOTA
from .test_list_search import _holds

pytestmark = pytest.mark.servers

PEOPLE = some_people(400)
VIEWER = token(Role.VIEWER)


@pytest_asyncio.fixture(params=["motor", "pymongo"])
async def service(
    request: pytest.FixtureRequest, mongo_url: MongoUrl, bucket: MakeBucket
) -> AsyncIterator[tuple[httpx2.AsyncClient, Mongo]]:
    async with query_service(mongo_url("query"), bucket("exports"), driver=request.param) as made:
        await begin_generation(made[1], PEOPLE)
        yield made


def scan(people_list: PeopleList, parameters: dict[str, Any], sort: str) -> list[str]:
    """Ids in order, by looking at everybody."""
    asked = filter_people(
        people_list,
        FilterParameters.model_validate(parameters),
        zone=BOGOTA,
        now=datetime.now(UTC),
    )
    found = [
        person
        for person in PEOPLE
        if person["kind"] in people_list.kinds
        and person["status"] in asked.statuses
        and person["has_loans"] in asked.has_loans
        and all(_true(condition, person) for condition in asked.conditions())
    ]
    order = sort_by(people_list, sort)
    found.sort(
        key=lambda person: (_at(person, order.field), person["_id"].bytes),
        reverse=order.descending,
    )
    return [str(person["_id"]) for person in found]


def _true(condition: dict[str, Any], person: dict[str, Any]) -> bool:
    ((field, bounds),) = condition.items()
    if field in {"personal.tokens", "$or", "$and"}:
        return _holds(condition, person["personal"]["tokens"])
    value = person[field]
    if field == "blocked_by":
        return bounds in value
    return bool(
        ("$gte" not in bounds or value >= bounds["$gte"])
        and ("$lt" not in bounds or value < bounds["$lt"])
    )


def _at(person: dict[str, Any], field: str) -> Any:
    value: Any = person
    for part in field.split("."):
        value = value[part]
    return value.bytes if hasattr(value, "bytes") else value


async def test_random_pages_are_those_of_a_full_scan(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, _ = service
    chance = random.Random(7)  # noqa: S311 - the same questions in every run
    for _ in range(60):
        people_list = LISTS[chance.choice(list(ListName))]
        parameters = _random_parameters(people_list, chance)
        column = chance.choice([c for c in people_list.columns if c.sort_field])
        sort = chance.choice(("", "-")) + column.name
        expected = scan(people_list, parameters, sort)
        seen = await _walk(client, people_list, {**parameters, "sort": sort, "limit": 71})
        assert seen == expected, (people_list.name, parameters, sort)


def _random_parameters(people_list: PeopleList, chance: random.Random) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    if chance.random() < 0.5:
        parameters["q"] = chance.choice(("gomez", "mar", "300", "peña jose", "o'brien", "1", "ana"))
    if chance.random() < 0.4:
        parameters["status"] = chance.sample(people_list.statuses, 2)
    if chance.random() < 0.4:
        parameters["active_loans"] = chance.choice(("none", "some"))
    if chance.random() < 0.4:
        parameters["created_from"] = f"2026-0{chance.randint(1, 3)}-10"
    if chance.random() < 0.4:
        parameters["modified_to"] = f"2026-0{chance.randint(2, 4)}-15"
    if Kind.PRE_CUSTOMER in people_list.kinds and chance.random() < 0.3:
        parameters["blocked_by"] = chance.choice(REQUIREMENTS)
    return parameters


async def _walk(
    client: httpx2.AsyncClient, people_list: PeopleList, parameters: dict[str, Any]
) -> list[str]:
    """Every page forward to the end, then back to the beginning, which must be the same."""
    forward: list[list[str]] = []
    page = await _page(client, people_list, parameters)
    while True:
        forward.append([item["person_id"] for item in page["items"]])
        if page["next_cursor"] is None:
            break
        page = await _page(client, people_list, {**parameters, "cursor": page["next_cursor"]})
    backward = [forward[-1]]
    while page["previous_cursor"] is not None:
        page = await _page(client, people_list, {**parameters, "cursor": page["previous_cursor"]})
        backward.append([item["person_id"] for item in page["items"]])
    assert backward == forward[::-1]
    assert page["total_matching"] == sum(len(ids) for ids in forward)
    return [person_id for ids in forward for person_id in ids]


async def _page(
    client: httpx2.AsyncClient, people_list: PeopleList, parameters: dict[str, Any]
) -> dict[str, Any]:
    answer = await client.get(f"/query/v1/{people_list.name}", params=parameters, headers=VIEWER)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_totals_to_date_count_everybody_whatever_is_filtered(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, _ = service
    page = await _page(client, LISTS[ListName.CUSTOMERS], {"q": "zunilda", "limit": 1})

    assert page["total_to_date"] == sum(person["kind"] == "customer" for person in PEOPLE)
    assert page["total_is_capped"] is False


async def test_totals_are_told_by_list_and_by_status(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, _ = service
    totals = (await client.get("/query/v1/totals", headers=VIEWER)).json()

    assert totals["lists"]["registrations"] == len(PEOPLE)
    assert sum(totals["by_status"]["customer"].values()) == totals["lists"]["customers"]


async def test_registrations_name_the_payer(service: tuple[httpx2.AsyncClient, Mongo]) -> None:
    client, _ = service
    page = await _page(client, LISTS[ListName.REGISTRATIONS], {"limit": 200})

    assert {item["payer"] for item in page["items"]} == {
        None,
        *(f"Pagaduría {n}" for n in range(4)),
    }


async def test_a_missing_date_is_empty(service: tuple[httpx2.AsyncClient, Mongo]) -> None:
    client, _ = service
    page = await _page(client, LISTS[ListName.CUSTOMERS], {"limit": 200})

    assert None in {item["commercial_approval"] for item in page["items"]}
    assert not any("1900" in str(item["commercial_approval"]) for item in page["items"])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("sort=personal.tokens", 422),
        ("sort=-unknown", 422),
        ("limit=0", 422),
        ("limit=-1", 422),
        ("limit=1000000000", 422),
        ("status=active", 422),
        ("status[$ne]=enabled", 422),
        ("created_from=2026-03-01&created_to=2026-02-01", 422),
        ("created_from=10000-01-01", 422),
        ("created=today&created_to=2026-02-01", 422),
        ("cursor=abc", 400),
        ("blocked_by=documents_accepted", 422),
        ("blocked_by[$ne]=documents_accepted", 422),
        ("unknown=1", 422),
        ("q=" + "x" * 201, 422),
    ],
)
async def test_bad_parameters_are_refused_as_problems(
    service: tuple[httpx2.AsyncClient, Mongo], query: str, status: int
) -> None:
    client, _ = service
    answer = await client.get(f"/query/v1/customers?{query}", headers=VIEWER)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_cursor_of_another_filter_is_refused(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, _ = service
    people_list = LISTS[ListName.CUSTOMERS]
    page = await _page(client, people_list, {"limit": 5})
    answer = await client.get(
        "/query/v1/customers",
        params={"status": "enabled", "cursor": page["next_cursor"]},
        headers=VIEWER,
    )

    assert answer.status_code == 400


async def test_who_a_requirement_blocks_is_found_in_its_index(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    _, mongo = service
    people_list = LISTS[ListName.PRE_CUSTOMERS]
    parameters = FilterParameters(blocked_by=REQUIREMENTS[0])
    asked = filter_people(people_list, parameters, zone=BOGOTA, now=datetime.now(UTC))
    people = collection_names(await active_generation(mongo.database)).people
    query = mongo.database[people].find(asked.match()).hint(index_name("blocked_by"))
    explained = await query.sort(sort_by(people_list, "-created").keys()).limit(10).explain()

    assert explained["executionStats"]["totalKeysExamined"] <= 4 * 10
    assert '"SORT"' not in orjson.dumps(explained["queryPlanner"]["winningPlan"]).decode()


@pytest.mark.parametrize("column", LISTS[ListName.CUSTOMERS].columns, ids=lambda c: c.name)
async def test_a_page_examines_few_keys_at_any_depth(
    service: tuple[httpx2.AsyncClient, Mongo], column: Column
) -> None:
    _, mongo = service
    people_list = LISTS[ListName.CUSTOMERS]
    sort = sort_by(people_list, column.name)
    ordered = scan(people_list, {}, column.name)
    middle = next(p for p in PEOPLE if str(p["_id"]) == ordered[len(ordered) // 2])
    value: Any = middle
    for part in sort.field.split("."):
        value = value[part]
    asked = filter_people(people_list, FilterParameters(), zone=BOGOTA, now=datetime.now(UTC))
    match = with_position(asked.match(), sort, Cursor(value=value, person_id=middle["_id"]))
    people = collection_names(await active_generation(mongo.database)).people
    query = mongo.database[people].find(match).hint(index_name(sort.field))
    explained = await query.sort(sort.keys()).limit(50).explain()

    assert explained["executionStats"]["totalKeysExamined"] <= 4 * 50

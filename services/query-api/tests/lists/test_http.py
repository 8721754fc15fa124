"""Totals, payers and empty cells of the lists over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.query_api.lists.catalogue import LISTS, ListName, PeopleList
from vinculo.query_api.mongo import Mongo
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from ..query_service import make_generation, make_people, query_service, token

pytestmark = pytest.mark.servers

PEOPLE = make_people(400)
VIEWER = token(Role.VIEWER)


@pytest_asyncio.fixture(params=["motor", "pymongo"])
async def service(
    request: pytest.FixtureRequest, mongo_url: MongoUrl, bucket: MakeBucket
) -> AsyncIterator[tuple[httpx2.AsyncClient, Mongo]]:
    async with query_service(mongo_url("query"), bucket("exports"), driver=request.param) as made:
        await make_generation(made[1], PEOPLE)
        yield made


async def _page(
    client: httpx2.AsyncClient, people_list: PeopleList, parameters: dict[str, Any]
) -> dict[str, Any]:
    response = await client.get(f"/query/v1/{people_list.name}", params=parameters, headers=VIEWER)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_totals_to_date_do_not_depend_on_filters(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, _ = service
    page = await _page(client, LISTS[ListName.CUSTOMERS], {"q": "zunilda", "limit": 1})

    assert page["total_to_date"] == sum(person["kind"] == "customer" for person in PEOPLE)
    assert page["total_is_capped"] is False


async def test_totals_are_by_list_and_by_status(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, _ = service
    totals = (await client.get("/query/v1/totals", headers=VIEWER)).json()

    assert totals["lists"]["registrations"] == len(PEOPLE)
    assert sum(totals["by_status"]["customer"].values()) == totals["lists"]["customers"]


async def test_registrations_show_the_payers_name(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
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

"""What a member of staff has chosen for the console is kept per member."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.testing.fixture_types import MongoUrl

from .lists.served_lists import NO_FILES
from .query_service import make_generation, query_service, token

pytestmark = [pytest.mark.servers, pytest.mark.asyncio]

ADDRESS = "/query/v1/console-preferences"


@pytest_asyncio.fixture
async def client(mongo_url: MongoUrl) -> AsyncIterator[httpx2.AsyncClient]:
    async with query_service(mongo_url("query"), NO_FILES) as (client, mongo):
        await make_generation(mongo, [])
        yield client
        await mongo.client.drop_database(mongo.own.name)


async def test_keys_are_on_until_the_member_switches_them_off(client: httpx2.AsyncClient) -> None:
    reviewer, colleague = (token(Role.REVIEWER, subject=uuid4()) for _ in range(2))
    before = await client.get(ADDRESS, headers=reviewer)

    saved = await client.put(ADDRESS, headers=reviewer, json={"review_keys": False})

    after, others = [await client.get(ADDRESS, headers=each) for each in (reviewer, colleague)]
    assert (saved.status_code, saved.json()) == (200, {"review_keys": False})
    assert [each.json() for each in (before, after, others)] == [
        {"review_keys": True},
        {"review_keys": False},
        {"review_keys": True},
    ]
    await client.put(ADDRESS, headers=reviewer, json={"review_keys": True})
    assert (await client.get(ADDRESS, headers=reviewer)).json() == {"review_keys": True}


@pytest.mark.parametrize("body", [{}, {"review_keys": "maybe"}, {"review_keys": True, "more": 1}])
async def test_other_preferences_are_refused(
    client: httpx2.AsyncClient, body: dict[str, object]
) -> None:
    response = await client.put(ADDRESS, headers=token(Role.REVIEWER), json=body)

    assert response.status_code == 422


async def test_only_who_reviews_has_them(client: httpx2.AsyncClient) -> None:
    assert (await client.get(ADDRESS, headers=token(Role.AUDITOR))).status_code == 403

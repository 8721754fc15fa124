"""Chosen columns and saved views: kept per member of staff and list, without personal data."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.events import VersionConflict
from vinculo.query_api.lists.catalogue import ListName
from vinculo.query_api.lists.preferences import (
    LIST_PREFERENCES,
    MAX_VIEWS,
    ListPreferences,
    PreferenceStore,
)
from vinculo.query_api.mongo import Driver, connect
from vinculo.testing.fixture_types import MongoUrl

from ..query_service import make_generation, query_service, token
from .served_lists import NO_FILES

pytestmark = [pytest.mark.servers, pytest.mark.asyncio]

ADDRESS = "/query/v1/lists/customers/preferences"
BLOCKED = {
    "name": "Bloqueados sin créditos",
    "filters": {"status": ["blocked"], "active_loans": "none", "created": "this_month"},
    "sort": "-modified",
    "columns": ["name", "status"],
}


@pytest_asyncio.fixture
async def client(mongo_url: MongoUrl) -> AsyncIterator[httpx2.AsyncClient]:
    async with query_service(mongo_url("query"), NO_FILES) as (client, mongo):
        await make_generation(mongo, [])
        yield client
        await mongo.client.drop_database(mongo.own.name)


async def save(
    client: httpx2.AsyncClient, reader: Mapping[str, str], version: int | None, **body: Any
) -> httpx2.Response:
    headers = {**reader, "accept-language": "en"}
    if version is not None:
        headers["if-match"] = f'W/"{version}"'
    return await client.put(ADDRESS, headers=headers, json=body)


async def test_preferences_are_kept_per_member_and_list(client: httpx2.AsyncClient) -> None:
    reader, colleague = token(Role.VIEWER, subject=uuid4()), token(Role.VIEWER, subject=uuid4())
    before = await client.get(ADDRESS, headers=reader)

    saved = await save(client, reader, 0, columns=["email", "name"], views=[BLOCKED])

    assert (before.json(), before.headers["etag"]) == ({"columns": [], "views": []}, 'W/"0"')
    assert saved.status_code == 200, saved.text
    own = await client.get(ADDRESS, headers=reader)
    assert own.json() == {"columns": ["email", "name"], "views": [BLOCKED]} == saved.json()
    assert own.headers["etag"] == saved.headers["etag"] == 'W/"1"'
    other_list = ADDRESS.replace("customers", "registrations")
    for address, who in ((ADDRESS, colleague), (other_list, reader)):
        assert (await client.get(address, headers=who)).json() == {"columns": [], "views": []}


async def test_a_change_in_another_tab_is_not_overwritten(client: httpx2.AsyncClient) -> None:
    reader = token(Role.VIEWER, subject=uuid4())
    await save(client, reader, 0, columns=["name"])

    stale = await save(client, reader, 0, columns=["email"])
    blind = await save(client, reader, None, columns=["email"])
    ahead = await save(client, reader, 7, columns=["email"])

    assert (stale.status_code, blind.status_code, ahead.status_code) == (412, 428, 412)
    assert (await client.get(ADDRESS, headers=reader)).json()["columns"] == ["name"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"columns": ["salary"]}, "columns"),
        ({"columns": ["name", "name"]}, "columns"),
        ({"views": [BLOCKED, BLOCKED]}, "views.1.name"),
        ({"views": [{"name": "A", "filters": {"q": "Rojas"}}]}, "views.0.filters.q"),
        ({"views": [{"name": "A", "columns": ["number"]}]}, "views.0.columns"),
        ({"views": [{"name": "A", "sort": "salary"}]}, "sort"),
        ({"views": [{"name": "A", "filters": {"blocked_by": "identity"}}]}, "blocked_by"),
        ({"views": [{"name": " "}]}, "views.0.name"),
        ({"views": [{"name": f"{n}"} for n in range(MAX_VIEWS + 1)]}, "views"),
    ],
)
async def test_what_the_list_does_not_have_is_refused(
    client: httpx2.AsyncClient, body: dict[str, Any], field: str
) -> None:
    reader = token(Role.VIEWER, subject=uuid4())

    refused = await save(client, reader, 0, **body)

    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert (await client.get(ADDRESS, headers=reader)).json() == {"columns": [], "views": []}


@pytest.mark.parametrize("driver", list(Driver))
async def test_of_two_concurrent_changes_one_wins(mongo_url: MongoUrl, driver: Driver) -> None:
    mongo = connect(mongo_url("query"), driver)
    store = PreferenceStore(mongo.own, lambda: datetime.now(UTC))
    reader = UUID(int=7)

    async def change(column: str) -> bool:
        preferences = ListPreferences(columns=(column,))
        try:
            await store.save(reader, ListName.CUSTOMERS, preferences, expected=0)
        except VersionConflict:
            return False
        return True

    won = await asyncio.gather(*(change(name) for name in ("name", "email", "phone")))
    stored = await mongo.own[LIST_PREFERENCES].count_documents({})
    await mongo.client.drop_database(mongo.own.name)
    await mongo.close()

    assert (sum(won), stored) == (1, 1)

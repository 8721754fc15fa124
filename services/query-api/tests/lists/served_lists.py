"""The query service over generated people, shared by all tests of a module."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx2

from vinculo.access import Role
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import Collection, Mongo, collection_of
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.testing.random_queries import ListRequest
from vinculo.testing.fixtures import addresses
from vinculo.testing.storage import S3

from ..query_service import make_generation, query_service, token

NO_FILES = S3(url="http://127.0.0.1:9", access_key="none", secret_key="none", bucket="none")
PATIENT = {"query_list_timeout_seconds": "50"}
"""Queries may take long on a busy machine."""

VIEWER = token(Role.VIEWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedLists:
    client: httpx2.AsyncClient
    mongo: Mongo

    async def people(self) -> Collection[Person]:
        generation = await active_generation(self.mongo.database)
        return collection_of(self.mongo.database, collection_names(generation).people, Person)

    async def page(self, list_request: ListRequest, cursor: str | None = None) -> dict[str, Any]:
        parameters = list_request.parameters() | ({} if cursor is None else {"cursor": cursor})
        response = await self.client.get(
            f"/query/v1/{list_request.list_name}", params=parameters, headers=VIEWER
        )
        assert response.status_code == 200, (response.text, parameters)
        page: dict[str, Any] = response.json()
        return page


@asynccontextmanager
async def serve_lists(
    people: Sequence[Person], *drivers: str
) -> AsyncIterator[dict[str, ServedLists]]:
    """The same people, served by each of the drivers."""
    server = urlsplit(addresses().mongo_url)
    url = urlunsplit(server._replace(path=f"/test_lists_{uuid4().hex[:12]}"))
    async with query_service(url, NO_FILES, driver=drivers[0], **PATIENT) as (client, mongo):
        try:
            await make_generation(mongo, people)
            served = {drivers[0]: ServedLists(client=client, mongo=mongo)}
            if len(drivers) == 1:
                yield served
                return
            async with query_service(url, NO_FILES, driver=drivers[1], **PATIENT) as (
                other,
                its_mongo,
            ):
                yield served | {drivers[1]: ServedLists(client=other, mongo=its_mongo)}
        finally:
            await mongo.client.drop_database(mongo.database.name)


def ids(page: dict[str, Any]) -> list[str]:
    return [item["person_id"] for item in page["items"]]

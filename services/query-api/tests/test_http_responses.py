"""Every successful response has headers with its freshness."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.httpapi import parse_position
from vinculo.messaging import rfc3339
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import Mongo, collection_of
from vinculo.query_api.person_document.timeline import TimelineEntry
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from .event_samples import InMemoryLog, at, lifecycle, person_id
from .in_memory_projector import InMemoryProjector
from .query_service import BEGINNING, make_generation, query_service, token

pytestmark = pytest.mark.servers

PERSON = person_id(0)


@pytest_asyncio.fixture
async def service(
    mongo_url: MongoUrl, bucket: MakeBucket
) -> AsyncIterator[tuple[httpx2.AsyncClient, Mongo, Any]]:
    async with query_service(mongo_url("query"), bucket("exports")) as (client, mongo):
        projector = InMemoryProjector()
        await projector.apply(
            InMemoryLog().append_all([sample for stream in lifecycle(0) for sample in stream])
        )
        (person,) = projector.store.people
        await make_generation(mongo, [person])
        names = collection_names(await active_generation(mongo.database))
        events = collection_of(mongo.database, names.events, TimelineEntry)
        await events.insert_many(list(projector.store.timeline.values()))
        await mongo.database[names.positions].insert_one(
            {"_id": "a/0", "topic": "a", "partition": 0, "offset": 7, "caught_up_at": BEGINNING}
        )
        yield client, mongo, person


PARAMETERS = {
    "/query/v1/people/{person_id}/changes": {"from": rfc3339(at(1))},
    "/query/v1/me": {},
}


async def test_every_successful_response_has_freshness_headers(
    service: tuple[httpx2.AsyncClient, Mongo, Any],
) -> None:
    client, _, person = service
    document = (await client.get("/query/v1/openapi.json")).json()
    headers = token(Role.ADMIN, Role.APPLICANT, subject=PERSON)
    queued = await client.post(
        "/query/v1/exports",
        json={"list": "customers", "format": "csv"},
        headers=headers,
    )
    names = {
        "{person_id}": str(PERSON),
        "{customer_id}": str(person["customer_id"]),
        "{name}": "customers",
        "{export_id}": queued.json()["export_id"],
    }
    responses = {"POST /query/v1/exports": queued}
    for path, operations in document["paths"].items():
        for method in sorted(operations, reverse=True):
            if method in {"post", "put"}:
                continue
            url = path
            for name, value in names.items():
                url = url.replace(name, value)
            responses[f"{method.upper()} {path}"] = await client.request(
                method, url, params=PARAMETERS.get(path, {}), headers=headers
            )
    unfinished = responses.pop("GET /query/v1/exports/{export_id}/file")

    assert unfinished.status_code == 422
    assert len(responses) > 10
    for operation, response in responses.items():
        assert response.status_code < 400, (operation, response.text)
        assert parse_position(response.headers["vinculo-position"]) == ("log", 7), operation
        assert float(response.headers["vinculo-lag"]) > 0, operation


async def test_a_refusal_has_no_freshness_headers(
    service: tuple[httpx2.AsyncClient, Mongo, Any],
) -> None:
    response = await service[0].get("/query/v1/customers")

    assert response.status_code == 401
    assert "vinculo-position" not in response.headers

"""Every answer of every route says how fresh it is, and the command's position is waited for."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.httpapi import parse_position
from vinculo.messaging import rfc3339
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import Mongo
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from .folded import Bench
from .query_service import BEGINNING, begin_generation, query_service, token
from .told_events import Log, at, life_of, person_id

pytestmark = pytest.mark.servers

PERSON = person_id(0)


@pytest_asyncio.fixture
async def service(
    mongo_url: MongoUrl, bucket: MakeBucket
) -> AsyncIterator[tuple[httpx2.AsyncClient, Mongo, Any]]:
    async with query_service(mongo_url("query"), bucket("exports")) as (client, mongo):
        bench = Bench()
        await bench.apply(Log().append_all([told for stream in life_of(0) for told in stream]))
        (person,) = bench.store.people
        await begin_generation(mongo, [person])
        names = collection_names(await active_generation(mongo.database))
        await mongo.database[names.events].insert_many(list(bench.store.timeline.values()))
        await mongo.database[names.positions].insert_one(
            {"_id": "a/0", "topic": "a", "partition": 0, "offset": 7, "caught_up_at": BEGINNING}
        )
        yield client, mongo, person


ASKED = {
    "/query/v1/people/{person_id}/changes": {"from": rfc3339(at(1))},
    "/query/v1/me": {},
}


async def test_every_operation_answers_its_freshness(
    service: tuple[httpx2.AsyncClient, Mongo, Any],
) -> None:
    client, _, person = service
    document = (await client.get("/query/openapi.json")).json()
    headers = token(Role.ADMIN, Role.APPLICANT, subject=PERSON)
    queued = await client.post(
        "/query/v1/exports",
        json={"list": "customers", "format": "csv"},
        headers=headers,
    )
    names = {
        "{person_id}": str(PERSON),
        "{customer_id}": str(person["customer_id"]),
        "{export_id}": queued.json()["export_id"],
    }
    answers = {"POST /query/v1/exports": queued}
    for path, operations in document["paths"].items():
        for method in sorted(operations, reverse=True):
            if method == "post":
                continue
            place = path
            for name, value in names.items():
                place = place.replace(name, value)
            answers[f"{method.upper()} {path}"] = await client.request(
                method, place, params=ASKED.get(path, {}), headers=headers
            )
    unfinished = answers.pop("GET /query/v1/exports/{export_id}/file")

    assert unfinished.status_code == 422
    assert len(answers) > 10
    for operation, answer in answers.items():
        assert answer.status_code < 400, (operation, answer.text)
        assert parse_position(answer.headers["vinculo-position"]) == ("log", 7), operation
        assert float(answer.headers["vinculo-lag"]) > 0, operation


async def test_a_refusal_tells_nothing(service: tuple[httpx2.AsyncClient, Mongo, Any]) -> None:
    answer = await service[0].get("/query/v1/customers")

    assert answer.status_code == 401
    assert "vinculo-position" not in answer.headers

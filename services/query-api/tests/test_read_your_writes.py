"""A read waits until the read model shows a position, up to a time limit."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.httpapi import encode_position
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import Collection, Document, Mongo
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from .query_service import BEGINNING, make_generation, make_people, query_service, token

pytestmark = pytest.mark.servers

PERSON = make_people(1)[0]
ID = PERSON["_id"]
SHOWN = encode_position(f"customer-{ID}", PERSON["registry"]["version"])
NOT_SHOWN_YET = encode_position(f"customer-{ID}", PERSON["registry"]["version"] + 1)
READS = [
    f"/query/v1/people/{ID}",
    f"/query/v1/people/{ID}/timeline",
    "/query/v1/registrations",
    "/query/v1/totals/daily",
    "/query/v1/funnel",
]


@pytest_asyncio.fixture
async def service(
    mongo_url: MongoUrl, bucket: MakeBucket
) -> AsyncIterator[tuple[httpx2.AsyncClient, Mongo]]:
    async with query_service(
        mongo_url("query"), bucket("exports"), query_position_wait_seconds="0.3"
    ) as made:
        await make_generation(made[1], [PERSON])
        yield made


async def read(
    client: httpx2.AsyncClient, path: str, position: str, headers: dict[str, str] | None = None
) -> httpx2.Response:
    return await client.get(
        path, params={"min_position": position}, headers=headers or token(Role.OPERATOR)
    )


async def active_collection(mongo: Mongo, kind: str) -> Collection[Document]:
    names = collection_names(await active_generation(mongo.database))
    return mongo.database[getattr(names, kind)]


@pytest.mark.parametrize("path", [*READS, "/query/v1/totals"])
async def test_a_shown_position_does_not_wait(
    service: tuple[httpx2.AsyncClient, Mongo], path: str
) -> None:
    assert (await read(service[0], path, SHOWN)).status_code == 200


@pytest.mark.parametrize("path", READS)
async def test_a_position_that_is_not_shown_in_time_is_a_problem(
    service: tuple[httpx2.AsyncClient, Mongo], path: str
) -> None:
    response = await read(service[0], path, NOT_SHOWN_YET)

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["type"].endswith("position-not-shown")


async def test_an_export_waits_for_its_position(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    statuses = [
        (
            await client.post(
                "/query/v1/exports",
                params={"min_position": position},
                json={"list": "registrations", "format": "csv"},
                headers=token(Role.OPERATOR),
            )
        ).status_code
        for position in (NOT_SHOWN_YET, SHOWN)
    ]

    assert statuses == [503, 202]
    assert await mongo.own["exports"].count_documents({}) == 1


async def test_a_read_returns_when_its_position_is_shown(
    mongo_url: MongoUrl, bucket: MakeBucket
) -> None:
    async with query_service(
        mongo_url("query"), bucket("exports"), query_position_wait_seconds="20"
    ) as (
        client,
        mongo,
    ):
        await make_generation(mongo, [PERSON])
        reading = asyncio.create_task(read(client, READS[0], NOT_SHOWN_YET))
        people = await active_collection(mongo, "people")
        await people.update_one({"_id": ID}, {"$inc": {"registry.version": 1}})

        assert (await reading).status_code == 200


async def test_the_position_of_a_read_can_be_waited_for(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    positions = await active_collection(mongo, "positions")
    await positions.insert_many(
        [
            {"_id": f"t/{n}", "topic": "t", "partition": n, "offset": 5, "event_at": event_at}
            for n, event_at in enumerate((BEGINNING, BEGINNING + timedelta(days=1)))
        ]
    )
    response = await read(client, READS[2], SHOWN)
    seen = response.headers["vinculo-position"]

    assert float(response.headers["vinculo-lag"]) > 0
    assert seen == encode_position("log", 10)
    assert (await read(client, READS[0], seen)).status_code == 200
    assert (await read(client, READS[0], encode_position("log", 11))).status_code == 503


@pytest.mark.parametrize(
    "position",
    [
        "x",
        "",
        encode_position("customer-1", 1),
        encode_position(f"message-{ID}", 1),
        encode_position("a", 1),
    ],
)
async def test_an_invalid_position_is_refused(
    service: tuple[httpx2.AsyncClient, Mongo], position: str
) -> None:
    response = await read(service[0], READS[0], position)

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_payers_position_is_the_version_of_its_document(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    payers = await active_collection(mongo, "payers")
    await payers.insert_one({"_id": UUID(int=900), "name": "P", "version": 2})

    statuses = [
        (await read(client, READS[2], encode_position(f"payer-{UUID(int=900)}", n))).status_code
        for n in (2, 3)
    ]
    assert statuses == [200, 503]


async def test_a_person_may_wait_for_positions_of_their_own_streams_only(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    own: dict[str, Any] = {**token(Role.APPLICANT, subject=ID)}
    other = encode_position(f"customer-{UUID(int=5)}", 1)

    assert (await read(service[0], "/query/v1/me", SHOWN, own)).status_code == 200
    assert (await read(service[0], "/query/v1/me", other, own)).status_code == 400


async def test_a_cursor_does_not_depend_on_the_position(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    people = await active_collection(mongo, "people")
    await people.insert_many(cast("list[Document]", make_people(5, seed=9)))
    headers = token(Role.OPERATOR)
    first = {"limit": "1", "min_position": SHOWN}
    page = (await client.get(READS[2], params=first, headers=headers)).json()
    following = {"limit": "1", "cursor": page["next_cursor"]}

    assert (await client.get(READS[2], params=following, headers=headers)).status_code == 200

"""The whole application, and the preparation of its database."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Permission, Role, unguarded_routes
from vinculo.access.guards import guarded_routes
from vinculo.access.roles import PERMISSIONS
from vinculo.events import utc_now
from vinculo.httpapi.testing import header_declaration_problems
from vinculo.query_api.exports.contents_index import ExportContents
from vinculo.query_api.exports.job_queue import ExportJobs
from vinculo.query_api.generations import read_pointer
from vinculo.query_api.main import migrate
from vinculo.query_api.mongo import Database, connect
from vinculo.query_api.settings import Settings
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from .event_samples import lifecycle, person_id
from .projector_harness import ProjectorHarness
from .query_service import make_generation, make_people, query_service, token

pytestmark = pytest.mark.servers

PERSON = next(person for person in make_people(50) if person["kind"] == "customer")
RECORDS = sum(len(stream) for stream in lifecycle(0))
KEPT = timedelta(hours=24)


@pytest_asyncio.fixture
async def client(mongo_url: MongoUrl, bucket: MakeBucket) -> AsyncIterator[httpx2.AsyncClient]:
    async with query_service(mongo_url("query"), bucket("exports")) as (client, mongo):
        await make_generation(mongo, [PERSON])
        yield client


@pytest_asyncio.fixture
async def database(mongo_url: MongoUrl) -> AsyncIterator[Database]:
    mongo = connect(mongo_url("query"), "motor")
    yield mongo.database
    await mongo.close()


def app_of(client: httpx2.AsyncClient) -> Any:
    return client._transport.app  # type: ignore[attr-defined]  # noqa: SLF001 - the app under test


async def test_only_the_download_and_the_technical_routes_are_public(
    client: httpx2.AsyncClient,
) -> None:
    assert unguarded_routes(app_of(client)) == []


async def test_the_headers_that_routes_read_are_documented(
    client: httpx2.AsyncClient,
) -> None:
    assert header_declaration_problems(app_of(client)) == []


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_reaches_exactly_its_permitted_routes(
    client: httpx2.AsyncClient, role: Role
) -> None:
    for route, required in guarded_routes(app_of(client)).items():
        method, path = route.split(" ")
        response = await client.request(
            method,
            path.replace("{person_id}", str(PERSON["_id"]))
            .replace("{customer_id}", str(PERSON["customer_id"]))
            .replace("{export_id}", str(UUID(int=5)))
            .replace("/lists/{name}", "/lists/customers"),
            headers=token(role),
        )
        allowed: frozenset[Permission] = PERMISSIONS[role]
        assert (response.status_code != 403) == (required <= allowed), route
        assert (await client.request(method, path)).status_code == 401


async def test_a_migrated_database_can_be_rebuilt(
    harness: ProjectorHarness, bucket: MakeBucket
) -> None:
    s3 = bucket("exports")
    environment = {
        **harness.environment,
        "VINCULO_S3_URL": s3.url,
        "VINCULO_S3_ACCESS_KEY": s3.access_key,
        "VINCULO_S3_SECRET_KEY": s3.secret_key,
        "QUERY_EXPORTS_BUCKET": s3.bucket,
    }
    settings = Settings.model_validate({n.lower(): value for n, value in environment.items()})
    mongo = harness.dependencies.mongo
    await mongo.client.drop_database(mongo.database.name)
    await harness.make_keys(person_id(0))
    await harness.publish_all(sample for stream in lifecycle(0) for sample in stream)

    await migrate(settings, utc_now())
    await migrate(settings, utc_now())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "rebuild", "--processes", "1"),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()

    assert process.returncode == 0
    assert f"{RECORDS} of {RECORDS} records" in output.decode()
    assert await read_pointer(mongo.database) == "2"
    assert len(await harness.people()) == 1


async def test_the_former_names_of_stored_exports_are_changed(database: Database) -> None:
    """Exports that were requested before an upgrade go on after it."""
    expires_at = datetime.now(UTC) + KEPT
    queued = {"state": "queued", "requested_by": UUID(int=1), "expires_at": expires_at}
    await database["exports"].insert_one({"_id": 1, "place": 0, **queued})
    await database["exports"].create_index(
        [("requested_by", 1), ("place", 1)],
        unique=True,
        partialFilterExpression={"place": {"$exists": True}},
    )
    await database["export_rosters"].insert_one({"_id": 2, "expires_at": expires_at})

    for _ in range(2):
        await ExportJobs(database, kept=KEPT).prepare()
        await ExportContents(database, kept=KEPT).prepare()

    job = await database["exports"].find_one({"_id": 1})
    assert job is not None
    assert (job["slot"], job.get("place")) == (0, None)
    assert not any("place" in name for name in await database["exports"].index_information())
    assert await database["export_contents"].count_documents({}) == 1
    assert "export_rosters" not in await database.list_collection_names()

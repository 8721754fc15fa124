import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import pytest
import pytest_asyncio
from sqlalchemy import delete

from vinculo.documents.main import connect
from vinculo.documents.storage.tables import document_accesses, review_queue, screening_jobs
from vinculo.eventstore.migrations import migrate
from vinculo.testing.databases import Databases
from vinculo.testing.fixture_types import MakeBucket
from vinculo.testing.storage import S3

from .service_fixture import ServiceFixture, settings_for

MakeServiceFixture = Callable[..., Awaitable[ServiceFixture]]

migrate_documents = partial(migrate, package="vinculo.documents")
migrate_keyring = partial(migrate, package="vinculo.privacy")


@dataclass(frozen=True, kw_only=True)
class DatabaseUrls:
    documents: str
    keyring: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database_urls(databases: Databases) -> DatabaseUrls:
    """The tests of a module share databases; every test uses new people."""
    return DatabaseUrls(
        documents=await databases.new(migrate_documents, "documents"),
        keyring=await databases.new(migrate_keyring, "keyring"),
    )


@pytest.fixture
async def make_service(
    database_urls: DatabaseUrls, bucket: MakeBucket
) -> AsyncIterator[MakeServiceFixture]:
    """Makes the service on real servers, with further settings as keywords.

    Its screening worker runs, unless `has_worker` is False.
    """
    made: list[ServiceFixture] = []
    workers: list[asyncio.Task[None]] = []

    async def make(*, has_worker: bool = True, **more: str) -> ServiceFixture:
        settings = settings_for(
            database=database_urls.documents,
            keyring=database_urls.keyring,
            s3=bucket("documents"),
            quarantine=bucket("quarantine").bucket,
            **more,
        )
        service = ServiceFixture.on(settings, connect(settings))
        made.append(service)
        async with service.connections.database.begin() as connection:
            await connection.execute(delete(review_queue))
            await connection.execute(delete(document_accesses))
            await connection.execute(delete(screening_jobs))
        if has_worker:
            workers.append(asyncio.create_task(service.screening_worker.run()))
        return service

    yield make
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    for service in made:
        await service.connections.close()


@pytest.fixture
async def offline_service() -> AsyncIterator[ServiceFixture]:
    """The service without servers, for requests that are refused before one is needed."""
    settings = settings_for(
        database="postgresql://user@127.0.0.1:1/documents",
        keyring="postgresql://user@127.0.0.1:1/keyring",
        s3=S3(url="http://127.0.0.1:1", access_key="a", secret_key="s", bucket="documents"),
    )
    service = ServiceFixture.on(settings, connect(settings))
    yield service
    await service.connections.close()


@pytest.fixture
async def service(make_service: MakeServiceFixture) -> ServiceFixture:
    return await make_service()

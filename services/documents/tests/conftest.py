from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import pytest
import pytest_asyncio
from sqlalchemy import delete

from vinculo.documents.main import connect
from vinculo.documents.storage.tables import document_accesses, review_queue
from vinculo.eventstore.migrations import migrate
from vinculo.testing.databases import Databases
from vinculo.testing.fixture_types import MakeBucket

from .service_fixture import Service, settings_for

MakeService = Callable[..., Awaitable[Service]]

migrate_documents = partial(migrate, package="vinculo.documents")
migrate_keyring = partial(migrate, package="vinculo.privacy")


@dataclass(frozen=True, kw_only=True)
class DatabaseUrls:
    documents: str
    keyring: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database_urls(databases: Databases) -> DatabaseUrls:
    """Tests of one module share their databases: every person in them is new."""
    return DatabaseUrls(
        documents=await databases.new(migrate_documents, "documents"),
        keyring=await databases.new(migrate_keyring, "keyring"),
    )


@pytest.fixture
async def make_service(
    database_urls: DatabaseUrls, bucket: MakeBucket
) -> AsyncIterator[MakeService]:
    """Make the service with further settings as they are in the environment."""
    made: list[Service] = []

    async def make(**more: str) -> Service:
        settings = settings_for(
            database=database_urls.documents,
            keyring=database_urls.keyring,
            s3=bucket("documents"),
            **more,
        )
        service = Service.on(settings, connect(settings))
        made.append(service)
        async with service.connections.database.begin() as connection:
            await connection.execute(delete(review_queue))
            await connection.execute(delete(document_accesses))
        return service

    yield make
    for service in made:
        await service.connections.close()


@pytest.fixture
async def service(make_service: MakeService) -> Service:
    return await make_service()

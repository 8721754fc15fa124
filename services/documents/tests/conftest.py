from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest

from vinculo.documents.connections import connect
from vinculo.eventstore.migrations import migrate
from vinculo.local.testing import MakeBucket, NewDatabase

from .service import Service, settings_for

MakeService = Callable[..., Awaitable[Service]]


@pytest.fixture
async def make_service(new_database: NewDatabase, bucket: MakeBucket) -> AsyncIterator[MakeService]:
    """Make the service with further settings as they are in the environment."""
    made: list[Service] = []

    async def make(**more: str) -> Service:
        settings = settings_for(
            database=await new_database(partial(migrate, package="vinculo.documents"), "documents"),
            keyring=await new_database(partial(migrate, package="vinculo.privacy"), "keyring"),
            s3=bucket("documents"),
            **more,
        )
        made.append(Service.on(settings, connect(settings)))
        return made[-1]

    yield make
    for service in made:
        await service.connections.close()


@pytest.fixture
async def service(make_service: MakeService) -> Service:
    return await make_service()

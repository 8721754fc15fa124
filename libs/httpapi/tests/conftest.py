from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import pytest_asyncio
import structlog

from .api_under_test import caller, things_app


@pytest_asyncio.fixture
async def things() -> AsyncIterator[httpx2.AsyncClient]:
    async with caller(things_app()) as client:
        yield client


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """Render exceptions simply: structlog's default renders every variable and takes seconds."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()

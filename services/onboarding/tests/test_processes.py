"""The processes start by their commands, say when they are ready, and end when told to."""

import asyncio
import os
import signal
import socket
import sys
from urllib.parse import urlsplit

import httpx2
import pytest

from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase

from .kafka_side import TOPICS
from .service_under_test import (
    ISSUER,
    SIGNING_KEY,
    migrate_onboarding,
    registration_body,
)

pytestmark = pytest.mark.servers

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def test_all_in_one_process_serves_and_ends_when_told_to(
    *,
    new_database: NewDatabase,
    keyring_url: str,
    kafka: str,
    topic_prefix: str,
    make_topics: MakeTopics,
    eventually: Eventually,
) -> None:
    await make_topics(*TOPICS)
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "ONBOARDING_DATABASE_URL": await new_database(migrate_onboarding, "onboarding"),
        "ONBOARDING_SIGNING_KEY": SIGNING_KEY.decode(),
        "VINCULO_KEYRING_URL": keyring_url,
        "VINCULO_KEY_ENCRYPTION_KEY": KEY,
        "VINCULO_LINK_KEY": KEY,
        "VINCULO_HASH_KEY": KEY,
        "VINCULO_PUBLIC_URL": ISSUER,
        "VINCULO_KAFKA": kafka,
        "VINCULO_TOPIC_PREFIX": topic_prefix,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "vinculo.onboarding",
        "all",
        "--port",
        str(port),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def ready() -> bool:
                try:
                    return (await client.get("/health/ready")).status_code == 200
                except httpx2.TransportError:
                    return False

            await eventually(ready, timeout=45)
            answer = await client.post("/onboarding/v1/registrations", json=registration_body())
            assert answer.status_code == 202
            document = (await client.get("/onboarding/openapi.json")).json()
            assert "/onboarding/v1/me/application" in document["paths"]
        process.send_signal(signal.SIGTERM)
        logged, _ = await asyncio.wait_for(process.communicate(), 10)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert process.returncode == 0
    for personal in ("Ana", "Gómez", "1032456789", "1.032.456.789", "example.com", "cometas"):
        assert personal not in logged.decode()
    password = urlsplit(environment["VINCULO_KEYRING_URL"]).password
    assert not password or password not in logged.decode()

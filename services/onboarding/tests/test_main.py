"""The processes start by their commands, report readiness, and survive being killed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role
from vinculo.eventstore import PostgresEventStore, create_engine
from vinculo.onboarding.application.access_tokens import AccessTokens, read_signing_key
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase

from .incoming_events import TOPICS
from .service_fixture import ISSUER, SIGNING_KEY, migrate_onboarding, registration_body

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

PAYER_BODY = {"name": "Alcaldía de Tunja", "tax_id": "891800846-1"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def api(
    environment: dict[str, str], eventually: Eventually, crash_at: str | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    crash = {} if crash_at is None else {"VINCULO_CRASH_AT": crash_at}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "vinculo.onboarding", "api", "--port", str(port)),
        env=environment | crash,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}/onboarding/v1") as client:

            async def ready() -> bool:
                try:
                    return (await client.get(f"http://127.0.0.1:{port}/health/ready")).is_success
                except httpx2.TransportError:
                    return False

            await eventually(ready, timeout=45)
            yield client
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def run_command(
    arguments: list[str], environment: Mapping[str, str], given: str = ""
) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "vinculo.onboarding",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], **environment},
    )
    said, complained = await process.communicate(given.encode())
    return process.returncode, said.decode(), complained.decode()


@pytest.mark.servers
async def test_the_all_process_serves_and_ends_on_a_signal(
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
        "VINCULO_S3_ACCESS_KEY": "unused",
        "VINCULO_S3_SECRET_KEY": "unused",
        "VINCULO_ERASURES_BUCKET": "",
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
            response = await client.post("/onboarding/v1/registrations", json=registration_body())
            assert response.status_code == 202
            document = (await client.get("/onboarding/v1/openapi.json")).json()
            assert "/onboarding/v1/me/application" in document["paths"]
        process.send_signal(signal.SIGTERM)
        logged, _ = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert process.returncode == 0
    for personal in ("Ana", "Gómez", "1032456789", "1.032.456.789", "example.com", "cometas"):
        assert personal not in logged.decode()
    password = urlsplit(environment["VINCULO_KEYRING_URL"]).password
    assert not password or password not in logged.decode()


@pytest.mark.servers
async def test_a_key_survives_a_crash_between_effect_and_response(
    new_database: NewDatabase, keyring_url: str, eventually: Eventually
) -> None:
    database_url = await new_database(migrate_onboarding, "onboarding")
    environment = {
        "PATH": os.environ["PATH"],
        "ONBOARDING_DATABASE_URL": database_url,
        "ONBOARDING_SIGNING_KEY": SIGNING_KEY.decode(),
        "VINCULO_KEYRING_URL": keyring_url,
        "VINCULO_KEY_ENCRYPTION_KEY": KEY,
        "VINCULO_S3_ACCESS_KEY": "unused",
        "VINCULO_S3_SECRET_KEY": "unused",
        "VINCULO_ERASURES_BUCKET": "",
        "VINCULO_LINK_KEY": KEY,
        "VINCULO_HASH_KEY": KEY,
        "VINCULO_PUBLIC_URL": ISSUER,
    }
    tokens = AccessTokens(read_signing_key(SIGNING_KEY.decode()), ISSUER)
    token = tokens.issue(
        UUID(int=7), {Role.OPERATOR}, datetime.now(UTC), session_id=UUID(int=8), registry_version=0
    )
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "k-1"}

    crashing = api(environment, eventually, "idempotency-after-effect")
    async with api(environment, eventually) as client, crashing as crashes:
        with pytest.raises(httpx2.TransportError):
            await crashes.post("/payers", json=PAYER_BODY, headers=headers)
        other = await client.post("/payers", json={**PAYER_BODY, "name": "Otra"}, headers=headers)
        same = await client.post("/payers", json=PAYER_BODY, headers=headers)
        again = await client.post("/payers", json=PAYER_BODY, headers=headers)
    engine = create_engine(database_url)
    history = await PostgresEventStore(engine).read(f"payer-{same.json()['payer_id']}")
    await engine.dispose()

    assert other.status_code == 422
    assert other.json()["type"] == "urn:vinculo:problem:idempotency-key-reused"
    assert (same.status_code, again.status_code) == (201, 201)
    assert again.json() == same.json()
    assert [event.type for event in history] == ["payer-registered.v1"]


async def test_a_missing_setting_is_one_line_and_exit_code_78() -> None:
    code, said, complaint = await run_command(["migrate"], {})

    assert (code, said, complaint) == (78, "", "ONBOARDING_DATABASE_URL: missing\n")

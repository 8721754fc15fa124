"""A key that came before a crash: the same body has one effect and one answer, another is refused.

The process is killed on the spot after the effect is committed and before the answer is kept.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role
from vinculo.eventstore import PostgresEventStore, create_engine
from vinculo.onboarding.application.access_tokens import AccessTokens, read_signing_key
from vinculo.testing.fixture_types import Eventually, NewDatabase

from .service_under_test import ISSUER, SIGNING_KEY, migrate_onboarding

pytestmark = pytest.mark.servers

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
BODY = {"name": "Alcaldía de Tunja", "tax_id": "891800846-1"}


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


async def test_a_key_outlives_a_crash_between_effect_and_answer(
    new_database: NewDatabase, keyring_url: str, eventually: Eventually
) -> None:
    database_url = await new_database(migrate_onboarding, "onboarding")
    environment = {
        "PATH": os.environ["PATH"],
        "ONBOARDING_DATABASE_URL": database_url,
        "ONBOARDING_SIGNING_KEY": SIGNING_KEY.decode(),
        "VINCULO_KEYRING_URL": keyring_url,
        "VINCULO_KEY_ENCRYPTION_KEY": KEY,
        "VINCULO_LINK_KEY": KEY,
        "VINCULO_HASH_KEY": KEY,
        "VINCULO_PUBLIC_URL": ISSUER,
    }
    tokens = AccessTokens(read_signing_key(SIGNING_KEY.decode()), ISSUER)
    token = tokens.issue(UUID(int=7), {Role.OPERATOR}, datetime.now(UTC))
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "k-1"}

    crashing = api(environment, eventually, "idempotency-after-effect")
    async with api(environment, eventually) as client, crashing as crashes:
        with pytest.raises(httpx2.TransportError):
            await crashes.post("/payers", json=BODY, headers=headers)
        other = await client.post("/payers", json={**BODY, "name": "Otra"}, headers=headers)
        same = await client.post("/payers", json=BODY, headers=headers)
        again = await client.post("/payers", json=BODY, headers=headers)
    engine = create_engine(database_url)
    history = await PostgresEventStore(engine).read(f"payer-{same.json()['payer_id']}")
    await engine.dispose()

    assert other.status_code == 422
    assert other.json()["type"] == "urn:vinculo:problem:idempotency-key-reused"
    assert (same.status_code, again.status_code) == (201, 201)
    assert again.json() == same.json()
    assert [event.type for event in history] == ["payer-registered.v1"]

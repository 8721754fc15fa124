"""Runs the query service over a population as processes, with an operator's HTTP client."""

import asyncio
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from bench.people import Population
from vinculo.access import Role
from vinculo.access.testing import access_token
from vinculo.local.ports import free_ports

ISSUER = "http://bench.vinculo.example"
KEY_NAME = "bench"
OPERATOR = UUID(int=77)
START_TIMEOUT_SECONDS = 60.0
POLL_INTERVAL_SECONDS = 0.1
TIMEOUT_SECONDS = 600.0
OK = 200


class NotStartedError(Exception):
    def __init__(self, command: str) -> None:
        super().__init__(f"the query service's {command} ended, or did not become ready")


@asynccontextmanager
async def query_service(
    population: Population, *, exporting: bool = False
) -> AsyncIterator[httpx2.AsyncClient]:
    """An authenticated client; with `exporting` an exporter runs too."""
    key = ec.generate_private_key(ec.SECP256R1())
    async with AsyncExitStack() as exits:
        environment = {
            **os.environ,
            **population.environment,
            "VINCULO_PUBLIC_URL": ISSUER,
            "VINCULO_JWKS_URL": exits.enter_context(key_set(key)),
        }
        await _run("migrate", environment)
        if exporting:
            await exits.enter_async_context(_process("exporter", environment))
        address = await exits.enter_async_context(_process("api", environment))
        yield await exits.enter_async_context(
            httpx2.AsyncClient(
                base_url=f"{address}/query/v1",
                headers={"Authorization": f"Bearer {token(key)}"},
                timeout=TIMEOUT_SECONDS,
            )
        )


async def export(client: httpx2.AsyncClient, request: Mapping[str, object]) -> Mapping[str, object]:
    """Request a file, wait until it is done, and return the job."""
    response = await client.post("/exports", json=request)
    response.raise_for_status()
    url = f"/exports/{response.json()['export_id']}"
    while True:
        job: dict[str, object] = (await client.get(url)).raise_for_status().json()
        if job["state"] == "done":
            return job
        if job["state"] not in {"queued", "running"}:
            raise RuntimeError(f"the export ended as {job['state']}: {job}")
        await asyncio.sleep(POLL_INTERVAL_SECONDS)


def token(key: ec.EllipticCurvePrivateKey) -> str:
    return access_token(key, KEY_NAME, issuer=ISSUER, subject=OPERATOR, roles=[Role.OPERATOR])


@contextmanager
def key_set(key: ec.EllipticCurvePrivateKey) -> Iterator[str]:
    """Serve the public key as onboarding does; yields the address."""
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    named = {**public, "kid": KEY_NAME, "use": "sig", "alg": "ES256"}
    body = json.dumps({"keys": [named]}).encode()

    class KeySetHandler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Requests are not logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), KeySetHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/jwks.json"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def migrated(population: Population) -> None:
    """Prepare the databases that an exporter needs."""
    await _run("migrate", {**os.environ, **population.environment})


async def _run(command: str, environment: Mapping[str, str]) -> None:
    process = await _spawn(environment, command)
    if await process.wait() != 0:
        raise NotStartedError(command)


@asynccontextmanager
async def _process(command: str, environment: Mapping[str, str]) -> AsyncIterator[str]:
    """Yields the address once the process is ready."""
    port = free_ports([command])[command]
    address = f"http://127.0.0.1:{port}"
    process = await _spawn(environment, command, "--port", str(port))
    try:
        async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
            async with asyncio.timeout(START_TIMEOUT_SECONDS):
                while not await _is_ready(client, address):
                    if process.returncode is not None:
                        raise NotStartedError(command)
                    await asyncio.sleep(POLL_INTERVAL_SECONDS)
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _is_ready(client: httpx2.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/health/ready")).status_code == OK
    except httpx2.HTTPError:
        return False


async def _spawn(environment: Mapping[str, str], *command: str) -> asyncio.subprocess.Process:
    """Its output would disturb the terminal and is discarded."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", *command),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )

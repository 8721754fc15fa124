"""A real nginx with the shared configuration, in front of stub services."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from vinculo.local.ports import free_ports
from vinculo.local.process import ChildProcess
from vinculo.local.process_spec import ProcessSpec
from vinculo.local.servers.gateway import (
    DEFAULT_LIMITS,
    Upstreams,
    gateway_spec,
    nginx_command,
    render_template,
)
from vinculo.local.servers.probes import check_listening

STUB = Path(__file__).parents[1] / "stub_service.py"
NAMES = ("onboarding", "documents", "registry", "notifications", "query", "storage")
MEGABYTE = 1024 * 1024


async def start_gateway(
    exits: AsyncExitStack, folder: Path, *, limits: Mapping[str, str], up: bool = True
) -> httpx2.AsyncClient:
    """Start nginx and, if `up`, a stub behind every route; all stop with `exits`."""
    ports = free_ports([*NAMES, "gateway"])
    nginx = gateway_spec(
        folder / "gateway",
        port=ports["gateway"],
        upstreams=upstreams_at([f"127.0.0.1:{ports[name]}" for name in NAMES], limits),
        web=built_pages(folder / "web"),
    )
    specs = [stub_spec(name, ports[name], folder) for name in NAMES if up]
    for spec in (*specs, nginx):
        child = ChildProcess(spec, folder / f"{spec.name}.log")
        child.start()
        exits.push_async_callback(child.stop)
        await child.wait_until_ready()
    client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{ports['gateway']}")
    return await exits.enter_async_context(client)


def built_pages(folder: Path) -> Path:
    """The files of a build, with a text in place of each content."""
    for name in ("registration.html", "console.html", "assets/a-1.js", "icon.svg", ".vite/x"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"<p>{name}</p>" * 200, encoding="utf-8")
    return folder


def upstreams_at(addresses: list[str], limits: Mapping[str, str]) -> Upstreams:
    onboarding, documents, registry, notifications, query, storage = addresses
    return Upstreams(
        onboarding=onboarding,
        documents=documents,
        registry=registry,
        notifications=notifications,
        query=query,
        storage=storage,
        limits=limits,
    )


def stub_spec(name: str, port: int, folder: Path) -> ProcessSpec:
    return ProcessSpec(
        name=name,
        command=[sys.executable, str(STUB), name, str(port)],
        directory=folder,
        ready=lambda: check_listening(port),
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx2.AsyncClient]:
    async with AsyncExitStack() as exits:
        yield await start_gateway(exits, tmp_path_factory.mktemp("gateway"), limits={})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/onboarding/v1/sessions", "onboarding"),
        ("/.well-known/jwks.json", "onboarding"),
        ("/documents/v1/me/dossier", "documents"),
        ("/documents/clean/0190?X-Amz-Signature=a", "storage"),
        ("/registry/v1/people/1", "registry"),
        ("/notifications/v1/people/1/messages", "notifications"),
        ("/query/v1/customers?q=pe%C3%B1a&status=active", "query"),
        ("/exports/one.csv?X-Amz-Signature=a", "storage"),
    ],
)
async def test_a_path_reaches_its_service_unchanged(
    client: httpx2.AsyncClient, path: str, name: str
) -> None:
    response = (await client.get(path)).json()
    assert (response["name"], response["path"]) == (name, path)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/", "registration.html"),
        ("/sign-in", "registration.html"),
        ("/registration/documents", "registration.html"),
        ("/application", "registration.html"),
        ("/activate", "registration.html"),
        ("/reset-password", "registration.html"),
        ("/confirm-contact", "registration.html"),
        ("/console/", "console.html"),
        ("/console/customers?q=ana", "console.html"),
    ],
)
async def test_pages_are_revalidated_and_run_only_their_own_scripts(
    client: httpx2.AsyncClient, path: str, page: str
) -> None:
    response = await client.get(path, headers={"Accept-Encoding": "gzip"})

    assert response.text.startswith(f"<p>{page}</p>")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Content-Encoding"] == "gzip"
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy


async def test_files_with_a_hash_in_their_name_are_kept(client: httpx2.AsyncClient) -> None:
    response = await client.get("/assets/a-1.js", headers={"Accept-Encoding": "gzip"})

    assert response.headers["Content-Type"] == "text/javascript"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_console_has_one_address(client: httpx2.AsyncClient) -> None:
    response = await client.get("/console")

    assert (response.status_code, response.headers["Location"]) == (308, "/console/")


@pytest.mark.parametrize(
    "path",
    [
        *("/metrics", "/health/ready", "/onboarding/metrics", "/api"),
        *("/.vite/x", "/assets/none.js", "/console.html", "/registration.html"),
    ],
)
async def test_other_paths_are_not_found(client: httpx2.AsyncClient, path: str) -> None:
    response = await client.get(path, headers={"Accept-Language": "en-GB,en"})
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:vinculo:problem:not-found"
    assert response.json()["title"] == "There is nothing at this address"
    assert response.json()["trace_id"]


async def test_the_gateway_has_its_own_health_check(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/health")).json() == {"status": "up"}


async def forwarded_headers(
    client: httpx2.AsyncClient, path: str, headers: dict[str, str]
) -> dict[str, Any]:
    response = await client.get(path, headers=headers)
    return dict(response.json()["headers"])


async def test_forged_user_headers_are_removed(client: httpx2.AsyncClient) -> None:
    forged = {"X-User-Id": "1", "X-User-Roles": "admin", "X-User-Anything": "y"}
    headers = await forwarded_headers(
        client, "/registry/v1/x", forged | {"X-Forwarded-For": "10.0.0.9"}
    )
    assert not [name for name in headers if name.startswith("x-user")]
    assert headers["x-forwarded-for"] == "127.0.0.1"


async def test_the_headers_that_services_need_are_forwarded(client: httpx2.AsyncClient) -> None:
    needed = {
        "Authorization": "Bearer t",
        "Accept-Language": "en",
        "Cookie": "refresh=1",
        "Correlation-Id": "c",
        "Idempotency-Key": "k",
        "If-Match": '"7"',
        "Traceparent": "00-1-2-01",
        "Content-Type": "application/json",
    }
    headers = await forwarded_headers(client, "/onboarding/v1/x", needed)
    assert {name: headers[name.lower()] for name in needed} == needed
    assert headers["host"] == client.base_url.netloc.decode()


async def test_credentials_are_not_forwarded_to_storage(client: httpx2.AsyncClient) -> None:
    private = {"Authorization": "Bearer t", "Cookie": "refresh=1"}
    for path in ("/documents/a", "/exports/a"):
        headers = await forwarded_headers(client, path, private)
        assert not headers.keys() & {"authorization", "cookie"}
        assert headers["host"] == client.base_url.netloc.decode()


async def test_every_response_has_each_security_header_once(client: httpx2.AsyncClient) -> None:
    for path in ("/onboarding/v1/x", "/activate", "/health", "/nothing", "/documents/a"):
        headers = (await client.get(path)).headers
        assert headers.get_list("X-Content-Type-Options") == ["nosniff"]
        assert headers.get_list("Referrer-Policy") == ["no-referrer"]
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
        [policy] = headers.get_list("Content-Security-Policy")
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert headers["Server"] == "nginx"
    docs = (await client.get("/query/v1/docs")).headers["Content-Security-Policy"]
    assert "script-src 'self'; style-src 'self'; connect-src 'self'" in docs
    assert (
        "script-src" not in (await client.get("/query/v1/docsx")).headers["Content-Security-Policy"]
    )
    uploaded = (await client.get("/documents/a")).headers["Content-Security-Policy"]
    assert uploaded.startswith("sandbox;")


async def test_bodies_are_limited_to_one_megabyte(client: httpx2.AsyncClient) -> None:
    accepted = await client.post("/onboarding/v1/x", content=b"x" * MEGABYTE)
    assert accepted.json()["body_bytes"] == MEGABYTE

    too_large = await client.post("/onboarding/v1/x", content=b"x" * (MEGABYTE + 1))
    assert too_large.status_code == 413
    assert too_large.json()["type"] == "urn:vinculo:problem:body-too-large"
    assert too_large.json()["title"] == "El contenido es demasiado grande"


async def test_uploads_are_limited_to_twenty_one_megabytes(client: httpx2.AsyncClient) -> None:
    for path in ("/documents-quarantine", "/documents-quarantine/"):
        accepted = await client.post(path, content=b"x" * 21 * MEGABYTE)
        assert accepted.json()["path"] == path
        assert accepted.json()["body_bytes"] == 21 * MEGABYTE
        assert (await client.post(path, content=b"x" * 22 * MEGABYTE)).status_code == 413


@pytest.mark.parametrize("path", ["/exports/a", "/documents/a", "/documents/"])
async def test_files_are_read_only(client: httpx2.AsyncClient, path: str) -> None:
    for method in ("PUT", "POST", "DELETE"):
        assert (await client.request(method, path, content=b"x")).status_code == 404


@pytest.mark.parametrize("path", ["", "/", "/a", "?list-type=2"])
async def test_the_quarantine_only_receives(client: httpx2.AsyncClient, path: str) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        response = await client.request(method, f"/documents-quarantine{path}")
        assert response.status_code == 404


@pytest.mark.parametrize(("path", "status"), [("busy", 429), ("unavailable", 503)])
async def test_a_retry_after_of_a_service_is_passed_through(
    client: httpx2.AsyncClient, path: str, status: int
) -> None:
    response = await client.get(f"/onboarding/v1/{path}")
    assert response.status_code == status
    assert response.headers.get_list("Retry-After") == ["17"]
    assert response.json()["name"] == "onboarding"


async def test_requests_are_logged_without_their_query(tmp_path: Path) -> None:
    async with AsyncExitStack() as exits:
        other = await start_gateway(exits, tmp_path, limits={})
        await other.get("/exports/a?X-Amz-Signature=secret")
    log = (tmp_path / "gateway" / "requests.log").read_text()
    assert '"path":"/exports/a"' in log
    assert "secret" not in log


def logs_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*.log"))


async def test_no_log_contains_the_query_of_a_failed_request(tmp_path: Path) -> None:
    limits = {"VINCULO_RATE_PER_ADDRESS": "1r/s", "VINCULO_BURST_PER_ADDRESS": "2"}
    async with AsyncExitStack() as exits:
        client = await start_gateway(exits, tmp_path, limits=limits, up=False)
        responses = [await client.get("/query/v1/customers?q=secret") for _ in range(5)]
    assert {response.status_code for response in responses} == {429, 502}
    logs = {path: path.read_text() for path in logs_in(tmp_path)}
    assert {path.name for path in logs} == {"gateway.log", "requests.log"}
    assert [path.name for path, text in logs.items() if "secret" in text] == []


async def test_too_many_requests_are_rejected_with_a_problem(tmp_path: Path) -> None:
    limits = {"VINCULO_RATE_PER_ADDRESS": "1r/s", "VINCULO_BURST_PER_ADDRESS": "3"}
    async with AsyncExitStack() as exits:
        client = await start_gateway(exits, tmp_path, limits=limits)
        responses = [await client.get("/query/v1/x") for _ in range(8)]
    refused = [response for response in responses if response.status_code == 429]
    assert len(refused) >= 3
    assert refused[0].headers["Content-Type"] == "application/problem+json"
    assert refused[0].headers.get_list("Retry-After") == ["1"]
    assert refused[0].json()["type"] == "urn:vinculo:problem:too-many-requests"


async def test_only_expensive_commands_count_in_the_strict_zone(tmp_path: Path) -> None:
    limits = {"VINCULO_RATE_STRICT": "1r/m", "VINCULO_BURST_STRICT": "1"}
    async with AsyncExitStack() as exits:
        client = await start_gateway(exits, tmp_path, limits=limits)
        costly = [(await client.post("/onboarding/v1/sessions")).status_code for _ in range(4)]
        cheap = [(await client.get("/onboarding/v1/payers")).status_code for _ in range(4)]
        often = [
            (await client.post(f"/onboarding/v1/{path}")).status_code
            for path in ("registrations/validation", "sessions/refresh")
            for _ in range(4)
        ]
    assert costly.count(429) == 2
    assert cheap == [200] * 4
    assert often == [200] * 8


async def test_fifty_concurrent_registrations_pass(client: httpx2.AsyncClient) -> None:
    posts = (client.post("/onboarding/v1/registrations", json={}) for _ in range(50))
    assert {response.status_code for response in await asyncio.gather(*posts)} == {200}


async def test_a_stopped_service_is_reported_as_a_problem_with_retry_after(tmp_path: Path) -> None:
    async with AsyncExitStack() as exits:
        client = await start_gateway(exits, tmp_path, limits={}, up=False)
        response = await client.get("/registry/v1/x")
    assert response.status_code == 502
    assert response.headers["Retry-After"] == "2"
    assert response.json()["type"] == "urn:vinculo:problem:service-unavailable"


def test_nginx_accepts_the_configuration(tmp_path: Path) -> None:
    gateway_spec(
        tmp_path, port=18080, upstreams=upstreams_at(["127.0.0.1:9"] * len(NAMES), {}), web=tmp_path
    )
    command = [*nginx_command(tmp_path), "-t"]
    result = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  # nginx
    assert result.returncode == 0, result.stderr
    assert "warn" not in result.stderr


def test_a_template_variable_without_a_value_is_an_error() -> None:
    assert render_template("rate ${VINCULO_RATE_STRICT} $uri", DEFAULT_LIMITS) == "rate 20r/s $uri"
    with pytest.raises(KeyError):
        render_template("${VINCULO_UNKNOWN}", DEFAULT_LIMITS)

"""Limits per client network, trusted proxies, and clients that send slowly, with a real nginx."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from vinculo.local.paths import deploy_file
from vinculo.local.ports import free_ports
from vinculo.local.process import ChildProcess
from vinculo.local.process_spec import ProcessSpec
from vinculo.local.servers.gateway import Upstreams, gateway_spec, set_real_ip
from vinculo.local.servers.probes import check_listening

from .test_gateway import forwarded_headers, start_gateway

STUB_READER = Path(__file__).parents[1] / "stub_reader.py"
BEHIND_PROXY = {
    "VINCULO_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8",
    "VINCULO_RATE_PER_ADDRESS": "1r/m",
    "VINCULO_BURST_PER_ADDRESS": "1",
}


async def status_for(client: httpx2.AsyncClient, forwarded: str) -> int:
    response = await client.get("/query/v1/x", headers={"X-Forwarded-For": forwarded})
    return response.status_code


async def test_the_address_of_a_proxy_that_is_not_trusted_counts(tmp_path: Path) -> None:
    async with AsyncExitStack() as exits:
        limits = BEHIND_PROXY | {"VINCULO_TRUSTED_PROXIES": ""}
        client = await start_gateway(exits, tmp_path, limits=limits)
        statuses = [await status_for(client, f"203.0.113.{n}") for n in range(4)]
    assert statuses == [200, 200, 429, 429]


async def test_clients_behind_a_trusted_proxy_have_their_own_limits(tmp_path: Path) -> None:
    async with AsyncExitStack() as exits:
        client = await start_gateway(exits, tmp_path, limits=BEHIND_PROXY)
        own = [await status_for(client, f"203.0.113.{n}") for n in range(4)]
        # The first address is the client's own claim, the last a second trusted proxy.
        forged = [
            await status_for(client, f"198.51.100.{n}, 192.0.2.1, 10.1.1.1") for n in (1, 2, 3)
        ]
        headers = await forwarded_headers(
            client, "/query/v1/x", {"X-Forwarded-For": "8.8.8.8, 192.0.2.77"}
        )
    assert own == [200] * 4
    assert forged == [200, 200, 429]
    assert headers["x-forwarded-for"] == "192.0.2.77"


@pytest.mark.parametrize(
    ("addresses", "statuses"),
    [
        pytest.param(
            ("2001:db8:0:a::1", "2001:db8:0:a:ffff::2", "2001:db8:0:a:1:2:3:4", "2001:db8:0:b::1"),
            [200, 200, 429, 200],
            id="a household of IPv6",
        ),
        pytest.param(
            ("2001:db8::1", "2001:db8::a", "2001:db8::", "2001:db8:1::"),
            [200, 200, 429, 200],
            id="compressed addresses",
        ),
        pytest.param(
            ("203.0.113.10", "::ffff:203.0.113.10", "203.0.113.10", "::ffff:203.0.113.11"),
            [200, 200, 429, 200],
            id="IPv4 written as IPv6",
        ),
    ],
)
async def test_limits_count_ipv4_addresses_and_ipv6_networks(
    tmp_path: Path, addresses: tuple[str, ...], statuses: list[int]
) -> None:
    async with AsyncExitStack() as exits:
        client = await start_gateway(exits, tmp_path, limits=BEHIND_PROXY)
        assert [await status_for(client, address) for address in addresses] == statuses


@pytest.mark.parametrize("proxies", ["", "10.0.0.1", "10.0.0.0/8, 2001:db8::/32,127.0.0.1"])
def test_compose_and_the_native_start_trust_the_same_proxies(proxies: str) -> None:
    script = deploy_file("gateway/15-directives.envsh")
    assert os.access(script, os.X_OK)  # the image skips what is not executable
    result = subprocess.run(  # noqa: S603  # our own script
        ["/bin/sh", "-eu", "-c", f'. "{script}"; printf %s "$VINCULO_SET_REAL_IP"'],
        check=True,
        capture_output=True,
        text=True,
        env={"VINCULO_TRUSTED_PROXIES": proxies, "PATH": os.environ["PATH"]},
    )
    in_compose = result.stdout.replace("10.0.0.1;", "10.0.0.1/32;")
    assert in_compose.replace("127.0.0.1;", "127.0.0.1/32;") == set_real_ip(proxies)


def test_a_proxy_that_is_not_a_network_is_refused() -> None:
    with pytest.raises(ValueError, match="load-balancer"):
        set_real_ip("10.0.0.1,load-balancer")


@asynccontextmanager
async def gateway_before_reader(folder: Path, **limits: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A gateway before one service that ends bodies which need more than a second."""
    ports = free_ports(["reader", "gateway"])
    reader = f"127.0.0.1:{ports['reader']}"
    specs = (
        ProcessSpec(
            name="reader",
            command=[sys.executable, str(STUB_READER), str(ports["reader"])],
            directory=folder,
            ready=lambda: check_listening(ports["reader"]),
        ),
        gateway_spec(
            folder / "gateway",
            port=ports["gateway"],
            upstreams=Upstreams(
                onboarding=reader,
                documents=reader,
                registry=reader,
                notifications=reader,
                query=reader,
                storage=reader,
                limits=limits,
            ),
            web=folder,
        ),
    )
    async with AsyncExitStack() as exits:
        for spec in specs:
            child = ChildProcess(spec, folder / f"{spec.name}.log")
            child.start()
            exits.push_async_callback(child.stop)
            await child.wait_until_ready()
        client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{ports['gateway']}")
        yield await exits.enter_async_context(client)


async def drip(port: int) -> bytes:
    """Send a header, then one byte of the body every 50 ms until the gateway responds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /query/v1/x HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n"
    )
    response = asyncio.ensure_future(reader.readuntil(b"\r\n"))
    try:
        while not response.done():
            writer.write(b" ")
            await writer.drain()
            await asyncio.wait([response], timeout=0.05)
        return await response
    finally:
        response.cancel()
        writer.close()


async def test_a_slow_body_is_ended_by_a_deadline_and_others_are_served(tmp_path: Path) -> None:
    async with gateway_before_reader(tmp_path) as client:
        assert client.base_url.port is not None
        slow = [asyncio.ensure_future(drip(client.base_url.port)) for _ in range(100)]
        served = 0
        async with asyncio.timeout(30):
            while not all(each.done() for each in slow):
                response = await client.post("/query/v1/x", json={})
                assert (response.status_code, response.text) == (200, "read")
                served += 1
        assert {await each for each in slow} == {b"HTTP/1.1 408 Request Timeout\r\n"}
    assert served > 10


async def test_connections_in_use_are_limited_per_client(tmp_path: Path) -> None:
    limits = {"VINCULO_CONNECTIONS_PER_ADDRESS": "5", "VINCULO_TRUSTED_PROXIES": "127.0.0.1"}
    async with gateway_before_reader(tmp_path, **limits) as client:
        assert client.base_url.port is not None
        slow = [asyncio.ensure_future(drip(client.base_url.port)) for _ in range(20)]
        other = {"X-Forwarded-For": "203.0.113.9"}
        bystander = await client.post("/query/v1/x", json={}, headers=other)
        first_lines = [await each for each in slow]
    assert bystander.status_code == 200
    assert first_lines.count(b"HTTP/1.1 429 Too Many Requests\r\n") == 15
    assert first_lines.count(b"HTTP/1.1 408 Request Timeout\r\n") == 5


async def test_a_body_beyond_the_services_limit_is_answered_not_reset(tmp_path: Path) -> None:
    async with gateway_before_reader(tmp_path) as client:
        for _ in range(20):
            response = await client.post(
                "/query/v1/x", content=b"x" * 1024 * 1024, headers={"Content-Type": "text/plain"}
            )
            assert (response.status_code, response.json()) == (413, {"type": "body-too-large"})


@pytest.mark.parametrize(
    ("configured", "origin", "allowed"),
    [
        ("", "https://app.example", False),
        ("https://app.example", "https://app.example", True),
        ("https://a.example, https://app.example,https://b.example", "https://app.example", True),
        ("https://app.example", "https://app.example.attacker.example", False),
        ("https://app.example", "https://app", False),
        ("https://app.example", "app.example", False),
        ("https://app.example", "null", False),
        ("https://app.example", ".*", False),
    ],
)
async def test_only_configured_origins_may_read_responses(
    tmp_path: Path, *, configured: str, origin: str, allowed: bool
) -> None:
    async with AsyncExitStack() as exits:
        limits = {"VINCULO_CORS_ORIGINS": configured}
        client = await start_gateway(exits, tmp_path, limits=limits)
        response = await client.get("/query/v1/x", headers={"Origin": origin})
        missing = await client.get("/nothing", headers={"Origin": origin})
        preflight = await client.options(
            "/onboarding/v1/registrations",
            headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
        )
    expected = [origin] if allowed else []
    for each in (response, missing, preflight):
        assert each.headers.get_list("Access-Control-Allow-Origin") == expected
        assert ("Origin" in each.headers.get_list("Vary")) == bool(configured)
        assert "Access-Control-Allow-Credentials" not in each.headers
    assert (preflight.status_code == 204) == allowed
    assert ("POST" in preflight.headers.get("Access-Control-Allow-Methods", "")) == allowed
    assert "Access-Control-Allow-Methods" not in response.headers

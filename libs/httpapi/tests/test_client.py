"""Limits count a client by its network, and work that waits learns that its client hung up."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from vinculo.httpapi.client import Client, ClientMiddleware, client_network, current_client


def network_of(*forwarded: str, peer: str | None = "10.0.0.9") -> str:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    client = None if peer is None else (peer, 1234)
    return client_network({"type": "http", "headers": headers, "client": client})


@pytest.mark.parametrize(
    ("forwarded", "network"),
    [
        (["203.0.113.7"], "203.0.113.7"),
        (["1.2.3.4, 203.0.113.7"], "203.0.113.7"),
        (["1.2.3.4", "203.0.113.7"], "203.0.113.7"),
        (["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        (["::1"], "::/64"),
        (["::ffff:203.0.113.7"], "203.0.113.7"),
        ([], "10.0.0.9"),
        (["nonsense"], "10.0.0.9"),
        (["203.0.113.7,"], "10.0.0.9"),
        (["1" * 100_000], "10.0.0.9"),
    ],
)
def test_the_last_forwarded_address_counts_else_the_peers(
    forwarded: list[str], network: str
) -> None:
    assert network_of(*forwarded) == network


def test_clients_without_an_address_are_counted_together() -> None:
    assert network_of(peer=None) == network_of(peer="testclient") == "unknown"


async def test_a_request_knows_its_client_until_it_ends() -> None:
    seen: list[Client | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive, send
        seen.append(current_client.get())

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        raise AssertionError

    scope: Scope = {"type": "http", "headers": [], "client": ("192.0.2.1", 1)}
    await ClientMiddleware(app)(scope, receive, send)

    [client] = seen
    assert client is not None
    assert client.network == "192.0.2.1"
    assert current_client.get() is None
    async with asyncio.timeout(30):
        await client.disconnected()

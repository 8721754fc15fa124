"""The gateway says from where a request comes; what a client says of itself is not believed."""

import pytest
from fastapi import Request

from vinculo.onboarding.http.registrations import client_address


def asked(*forwarded: str, peer: str | None = "10.0.0.9") -> str:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    client = None if peer is None else (peer, 1234)
    return client_address(Request({"type": "http", "headers": headers, "client": client}))


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (["203.0.113.7"], "203.0.113.7"),
        (["1.2.3.4, 203.0.113.7"], "203.0.113.7"),
        (["1.2.3.4", "203.0.113.7"], "203.0.113.7"),
        (["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ([], "10.0.0.9"),
        (["nonsense"], "10.0.0.9"),
        (["203.0.113.7,"], "10.0.0.9"),
        (["1" * 100_000], "10.0.0.9"),
    ],
)
def test_the_last_forwarded_address_counts_else_the_peers(
    forwarded: list[str], address: str
) -> None:
    assert asked(*forwarded) == address


def test_all_whose_address_is_not_known_are_counted_together() -> None:
    assert asked(peer=None) == asked(peer="testclient") == "unknown"

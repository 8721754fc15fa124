"""The issuer's keys over HTTP: fetched rarely, and kept while the issuer is unreachable."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from vinculo.access.key_sets import KeysUnavailable, RemoteJwks, parse_jwks

from .own_issuer import Issuer

URL = "http://onboarding.test/.well-known/jwks.json"


class Jwks:
    """The address of an issuer's keys; it counts requests and can fail."""

    def __init__(self, *issuers: Issuer) -> None:
        self.issuers = list(issuers)
        self.requests = 0
        self.respond: Callable[[], httpx2.Response] = self.document

    def document(self) -> httpx2.Response:
        return httpx2.Response(200, json={"keys": [issuer.jwk for issuer in self.issuers]})

    def transport(self) -> httpx2.MockTransport:
        def handle(request: httpx2.Request) -> httpx2.Response:
            assert str(request.url) == URL
            self.requests += 1
            return self.respond()

        return httpx2.MockTransport(handle)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def remote(jwks: Jwks, clock: Clock | None = None) -> RemoteJwks:
    return RemoteJwks(URL, transport=jwks.transport(), clock=clock or Clock())


async def test_keys_are_fetched_once() -> None:
    jwks = Jwks(Issuer("k1"), Issuer("k2"))
    keys = remote(jwks)

    for kid in ("k1", "k2", "k1"):
        assert await keys.key(kid) is not None
    assert jwks.requests == 1


async def test_fifty_simultaneous_callers_fetch_once() -> None:
    jwks = Jwks(Issuer("k1"))
    keys = remote(jwks)

    found = await asyncio.gather(*(keys.key("k1") for _ in range(50)))

    assert None not in found
    assert jwks.requests == 1


async def test_an_unknown_key_is_fetched_at_most_every_ten_seconds() -> None:
    clock, jwks = Clock(), Jwks(Issuer("k1"))
    keys = remote(jwks, clock)
    await keys.key("k1")

    for number in range(100):
        assert await keys.key(f"guess{number}") is None
    assert jwks.requests == 1

    jwks.issuers.append(Issuer("k2"))
    clock.now = 10.0
    assert await keys.key("k2") is not None
    assert jwks.requests == 2


async def test_keys_removed_by_the_issuer_are_unknown_after_five_minutes() -> None:
    clock, jwks = Clock(), Jwks(Issuer("k1"), Issuer("k2"))
    keys = remote(jwks, clock)
    await keys.key("k1")

    del jwks.issuers[0]
    clock.now = 301.0

    assert await keys.key("k1") is None


@pytest.mark.parametrize(
    "broken",
    [
        lambda: httpx2.Response(500),
        lambda: httpx2.Response(302, headers={"location": "http://elsewhere.test/"}),
        lambda: httpx2.Response(200, text="<html>"),
        lambda: httpx2.Response(200, json={"keys": "none"}),
        lambda: httpx2.Response(200, json=[]),
    ],
)
async def test_known_keys_stay_in_use_while_the_issuer_fails(
    broken: Callable[[], httpx2.Response],
) -> None:
    clock, jwks = Clock(), Jwks(Issuer("k1"))
    keys = remote(jwks, clock)
    await keys.key("k1")

    jwks.respond = broken
    clock.now = 1000.0

    assert await keys.key("k1") is not None
    with pytest.raises(KeysUnavailable):
        await keys.key("k2")
    assert jwks.requests == 2


async def test_without_any_key_tokens_cannot_be_verified() -> None:
    clock, jwks = Clock(), Jwks(Issuer("k1"))

    def refuse() -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    jwks.respond = refuse
    keys = remote(jwks, clock)
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            await keys.key("k1")
    assert jwks.requests == 1

    jwks.respond = jwks.document
    clock.now = 10.0
    assert await keys.key("k1") is not None


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"},
        {"kty": "oct", "k": "AAAA"},
        {"alg": "HS256"},
        {"use": "enc"},
        {"kid": 7},
        {"crv": "P-384"},
        {"x": "AAAA"},
        {"x": None},
        {"d": "AAAA"},
    ],
)
def test_keys_of_other_kinds_are_ignored(change: dict[str, Any]) -> None:
    other, good = Issuer("other"), Issuer("good")

    keys = parse_jwks({"keys": [other.jwk | change, "nonsense", good.jwk]})

    assert set(keys) == {"good"}

"""Without an address of its keys the issuer is asked where it always publishes them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from vinculo.access import KeysUnavailable, Role, TokenRefused, TokenVerifier

from .tokens_for_tests import PERSON, Issuer


class Place:
    """An issuer on a real port, which has its keys at one path only."""

    def __init__(self, *issuers: Issuer, path: str = "/.well-known/jwks.json") -> None:
        self.asked: list[str] = []
        self._path = path
        self._body = json.dumps({"keys": [issuer.jwk for issuer in issuers]}).encode()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        path = request.split()[1].decode()
        self.asked.append(path)
        status, body = ("200 OK", self._body) if path == self._path else ("404 Not Found", b"")
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("ending", ["", "/"])
async def test_the_well_known_address_of_the_issuer_is_asked(ending: str) -> None:
    issuer = Issuer()
    place = Place(issuer)
    async with place.open() as origin:
        verifier = TokenVerifier(origin + ending)
        caller = await verifier.verify(issuer.token(iss=origin + ending))
        with pytest.raises(TokenRefused):
            await verifier.verify(Issuer("k1").token(iss=origin + ending))

    assert (caller.subject, caller.roles) == (PERSON, frozenset({Role.VIEWER}))
    assert place.asked == ["/.well-known/jwks.json"]


async def test_an_address_that_is_given_is_asked_instead() -> None:
    issuer = Issuer()
    public, internal = Place(), Place(issuer, path="/keys")
    async with public.open() as origin, internal.open() as inside:
        verifier = TokenVerifier(origin, jwks_url=f"{inside}/keys")
        caller = await verifier.verify(issuer.token(iss=origin))

    assert caller.subject == PERSON
    assert (public.asked, internal.asked) == ([], ["/keys"])


async def test_no_address_in_a_token_is_followed() -> None:
    issuer, elsewhere = Issuer(), Issuer("k2")
    place, other = Place(issuer), Place(elsewhere)
    async with place.open() as origin, other.open() as theirs:
        verifier = TokenVerifier(origin)
        token = elsewhere.token(iss=origin, headers={"jku": f"{theirs}/.well-known/jwks.json"})
        with pytest.raises((TokenRefused, KeysUnavailable)):
            await verifier.verify(token)

    assert other.asked == []

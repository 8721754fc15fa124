"""Our own tokens: which are accepted, which refused, and from where their keys are fetched."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from vinculo.access import KeysUnavailable, Role, TokenRefused, TokenVerifier

from .own_issuer import ISSUER, PERSON, SESSION, Issuer

issuer = Issuer()
stranger = Issuer()
verifier = TokenVerifier(ISSUER, keys={issuer.kid: issuer.private_key.public_key()})


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def encoded(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def forged(header: dict[str, Any], signature: bytes = b"") -> str:
    _, payload, _ = issuer.token(roles=["admin"]).split(".")
    return (
        f"{encoded(header)}.{payload}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    )


def signed_with_the_public_key_as_a_secret() -> str:
    """The classic algorithm confusion: HS256 with the public key as the secret."""
    secret = issuer.private_key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    _, payload, _ = issuer.token(roles=["admin"]).split(".")
    signing_input = f"{encoded({'alg': 'HS256', 'kid': issuer.kid})}.{payload}"
    signature = hmac.digest(secret, signing_input.encode(), hashlib.sha256)
    return f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def signed_with_rsa() -> str:
    key = generate_rsa(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return issuer.token(algorithm="RS256", key=pem)


def signed_with_p384() -> str:
    pem = generate_private_key(SECP384R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return issuer.token(algorithm="ES384", key=pem)


def with_other_claims() -> str:
    header, payload, signature = issuer.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{header}.{encoded(claims | {'roles': ['admin']})}.{signature}"


def with_another_signature() -> str:
    header, payload, _ = issuer.token().split(".")
    return f"{header}.{payload}.{stranger.token().rpartition('.')[2]}"


async def test_a_valid_token_has_the_caller_and_their_roles() -> None:
    principal = await verifier.verify(issuer.token(roles=["operator", "reviewer"]))

    assert principal.subject == PERSON
    assert principal.roles == {Role.OPERATOR, Role.REVIEWER}


async def test_a_token_names_its_session_and_version() -> None:
    caller = await verifier.verify(issuer.token())

    assert (caller.session_id, caller.registry_version) == (SESSION, 3)


async def test_unknown_roles_are_ignored() -> None:
    principal = await verifier.verify(issuer.token(roles=["emperor", "viewer", 7, {}, None]))

    assert principal.roles == {Role.VIEWER}


async def test_a_token_without_roles_has_none() -> None:
    assert (await verifier.verify(issuer.token(without="roles"))).roles == frozenset()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: issuer.token(exp=ago(seconds=10)), id="expired"),
        pytest.param(lambda: issuer.token(exp="never"), id="expiry-no-number"),
        pytest.param(lambda: issuer.token(iat=ago(seconds=5)), id="valid-for-too-long"),
        pytest.param(lambda: issuer.token(iat=True), id="issued-at-no-number"),
        pytest.param(lambda: issuer.token(sid="session"), id="session-no-id"),
        pytest.param(lambda: issuer.token(sid=None), id="session-null"),
        pytest.param(lambda: issuer.token(rv="3"), id="version-no-number"),
        pytest.param(lambda: issuer.token(rv=True), id="version-boolean"),
        pytest.param(lambda: issuer.token(rv=-1), id="version-negative"),
        pytest.param(lambda: issuer.token(iat=ago(minutes=-5)), id="from-the-future"),
        pytest.param(lambda: issuer.token(nbf=ago(minutes=-5)), id="not-yet"),
        pytest.param(lambda: issuer.token(aud="another"), id="another-audience"),
        pytest.param(lambda: issuer.token(aud=["vinculo", "another"]), id="several-audiences"),
        pytest.param(lambda: issuer.token(aud=[]), id="no-audience"),
        pytest.param(lambda: issuer.token(iss="http://elsewhere.test"), id="another-issuer"),
        pytest.param(lambda: issuer.token(iss=[ISSUER]), id="issuer-list"),
        pytest.param(lambda: issuer.token(iss=ISSUER + "/"), id="almost-the-issuer"),
        pytest.param(lambda: issuer.token(sub="someone"), id="subject-no-id"),
        pytest.param(lambda: issuer.token(sid="mine"), id="session-no-id"),
        pytest.param(lambda: issuer.token(sid=[str(PERSON)]), id="session-list"),
        pytest.param(lambda: issuer.token(jti=""), id="empty-jti"),
        pytest.param(lambda: issuer.token(roles="admin"), id="roles-no-list"),
        pytest.param(lambda: issuer.token(roles={"admin": 1}), id="roles-object"),
        *(
            pytest.param(lambda claim=claim: issuer.token(without=claim), id=f"without-{claim}")
            for claim in ("iss", "aud", "exp", "iat", "sub", "jti")
        ),
        pytest.param(lambda: forged({"alg": "none", "kid": "k1"}), id="none"),
        pytest.param(lambda: forged({"alg": "None", "kid": "k1"}), id="none-in-capitals"),
        pytest.param(lambda: forged({"alg": "ES256", "kid": "k1"}), id="no-signature"),
        pytest.param(lambda: forged({"alg": "ES256", "kid": "k1"}, bytes(64)), id="zeros"),
        pytest.param(lambda: forged({"alg": "ES256"}), id="no-kid"),
        pytest.param(lambda: forged({"alg": "ES256", "kid": ["k1"]}), id="kid-list"),
        pytest.param(lambda: forged({"kid": "k1"}), id="no-algorithm"),
        pytest.param(signed_with_the_public_key_as_a_secret, id="hs256-with-the-public-key"),
        pytest.param(signed_with_rsa, id="rs256"),
        pytest.param(signed_with_p384, id="es384"),
        pytest.param(lambda: issuer.token(headers={"kid": "k2"}), id="unknown-kid"),
        pytest.param(lambda: issuer.token(headers={"kid": "../k1"}), id="kid-path"),
        pytest.param(lambda: issuer.token(headers={"crit": ["b64"]}), id="critical-header"),
        pytest.param(stranger.token, id="a-strangers-key"),
        pytest.param(
            lambda: stranger.token(headers={"jwk": stranger.jwk}), id="bringing-its-own-key"
        ),
        pytest.param(
            lambda: stranger.token(headers={"jku": "http://elsewhere.test/jwks.json"}),
            id="pointing-to-a-key",
        ),
        pytest.param(with_other_claims, id="other-claims"),
        pytest.param(with_another_signature, id="another-signature"),
        pytest.param(lambda: issuer.token() + "a", id="longer"),
        pytest.param(lambda: issuer.token()[:-4], id="shorter"),
        pytest.param(lambda: issuer.token(padding="a" * 9000), id="too-long"),
        pytest.param(lambda: "", id="empty"),
        pytest.param(lambda: "a.b.c", id="nonsense"),
        pytest.param(lambda: "..", id="dots"),
        pytest.param(lambda: "ñ.ñ.ñ", id="not-ascii"),
        pytest.param(lambda: f"{encoded({'alg': 'ES256', 'kid': 'k1'})}..", id="no-claims"),
    ],
)
async def test_every_other_token_is_refused(make: Callable[[], str]) -> None:
    with pytest.raises(TokenRefused):
        await verifier.verify(make())


async def test_clocks_may_differ_by_a_few_seconds() -> None:
    assert await verifier.verify(issuer.token(exp=ago(seconds=2)))
    assert await verifier.verify(issuer.token(iat=ago(seconds=-2)))


@given(position=st.integers(0, 10_000), letter=st.sampled_from("ABCDabcd0123_-."))
async def test_a_token_changed_anywhere_is_refused_or_the_same(position: int, letter: str) -> None:
    token = issuer.token()
    index = position % len(token)
    changed = token[:index] + letter + token[index + 1 :]
    try:
        principal = await verifier.verify(changed)
    except TokenRefused:
        return
    assert principal.subject == PERSON
    assert jwt.decode(changed, options={"verify_signature": False}) == jwt.decode(
        token, options={"verify_signature": False}
    )


@given(st.text(max_size=200))
async def test_any_text_is_refused_without_a_crash(token: str) -> None:
    with pytest.raises(TokenRefused):
        await verifier.verify(token)


def test_a_verifier_has_one_source_of_keys() -> None:
    with pytest.raises(ValueError, match="not both"):
        TokenVerifier(ISSUER, jwks_url="http://a.test", keys={})


class KeySetServer:
    """Serves the keys of issuers on a real port, at one path only."""

    def __init__(self, *issuers: Issuer, path: str = "/.well-known/jwks.json") -> None:
        self.requested_paths: list[str] = []
        self._path = path
        self._body = json.dumps({"keys": [issuer.jwk for issuer in issuers]}).encode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._respond, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        path = request.split()[1].decode()
        self.requested_paths.append(path)
        status, body = ("200 OK", self._body) if path == self._path else ("404 Not Found", b"")
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("ending", ["", "/"])
async def test_keys_are_fetched_from_the_well_known_address_of_the_issuer(ending: str) -> None:
    issuer = Issuer()
    server = KeySetServer(issuer)
    async with server.running() as origin:
        verifier = TokenVerifier(origin + ending)
        caller = await verifier.verify(issuer.token(iss=origin + ending))
        with pytest.raises(TokenRefused):
            await verifier.verify(Issuer("k1").token(iss=origin + ending))

    assert (caller.subject, caller.roles) == (PERSON, frozenset({Role.VIEWER}))
    assert server.requested_paths == ["/.well-known/jwks.json"]


async def test_keys_are_fetched_from_a_configured_address_instead() -> None:
    issuer = Issuer()
    public, internal = KeySetServer(), KeySetServer(issuer, path="/keys")
    async with public.running() as origin, internal.running() as internal_origin:
        verifier = TokenVerifier(origin, jwks_url=f"{internal_origin}/keys")
        caller = await verifier.verify(issuer.token(iss=origin))

    assert caller.subject == PERSON
    assert (public.requested_paths, internal.requested_paths) == ([], ["/keys"])


async def test_an_address_in_a_token_is_not_used() -> None:
    issuer, elsewhere = Issuer(), Issuer("k2")
    server, other = KeySetServer(issuer), KeySetServer(elsewhere)
    async with server.running() as origin, other.running() as other_origin:
        verifier = TokenVerifier(origin)
        token = elsewhere.token(
            iss=origin, headers={"jku": f"{other_origin}/.well-known/jwks.json"}
        )
        with pytest.raises((TokenRefused, KeysUnavailable)):
            await verifier.verify(token)

    assert other.requested_paths == []

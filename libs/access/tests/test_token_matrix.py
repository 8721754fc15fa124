"""Which tokens are let in: one kind. Everything else is refused, each for its own reason."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

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

from vinculo.access import Role, TokenRefused, TokenVerifier

from .tokens_for_tests import ISSUER, PERSON, Issuer

issuer = Issuer()
stranger = Issuer()
verifier = TokenVerifier(ISSUER, keys={issuer.kid: issuer.private_key.public_key()})


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def forged(header: dict[str, Any], signature: bytes = b"") -> str:
    _, payload, _ = issuer.token(roles=["admin"]).split(".")
    return f"{part(header)}.{payload}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def signed_with_the_public_key_as_a_secret() -> str:
    """The classic confusion: HS256, its secret the published key."""
    secret = issuer.private_key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    _, payload, _ = issuer.token(roles=["admin"]).split(".")
    signed = f"{part({'alg': 'HS256', 'kid': issuer.kid})}.{payload}"
    signature = hmac.digest(secret, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


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
    return f"{header}.{part(claims | {'roles': ['admin']})}.{signature}"


def with_another_signature() -> str:
    header, payload, _ = issuer.token().split(".")
    return f"{header}.{payload}.{stranger.token().rpartition('.')[2]}"


async def test_a_good_token_gives_the_caller_and_their_roles() -> None:
    principal = await verifier.verify(issuer.token(roles=["operator", "reviewer"]))

    assert principal.subject == PERSON
    assert principal.roles == {Role.OPERATOR, Role.REVIEWER}


async def test_a_token_may_tell_its_session() -> None:
    session_id = UUID(int=9)

    assert (await verifier.verify(issuer.token(sid=str(session_id)))).session_id == session_id
    assert (await verifier.verify(issuer.token())).session_id is None


async def test_roles_not_known_here_give_nothing() -> None:
    principal = await verifier.verify(issuer.token(roles=["emperor", "viewer", 7, {}, None]))

    assert principal.roles == {Role.VIEWER}


async def test_a_token_without_roles_gives_none() -> None:
    assert (await verifier.verify(issuer.token(without="roles"))).roles == frozenset()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: issuer.token(exp=ago(seconds=10)), id="expired"),
        pytest.param(lambda: issuer.token(exp="never"), id="expiry-no-number"),
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
        pytest.param(lambda: f"{part({'alg': 'ES256', 'kid': 'k1'})}..", id="no-claims"),
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
    place = position % len(token)
    changed = token[:place] + letter + token[place + 1 :]
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

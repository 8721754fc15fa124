"""External issuers: their settings, and their tokens, each verified with its own keys."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
import pytest_asyncio
from pydantic import TypeAdapter, ValidationError

from vinculo.access import (
    ExternalIssuer,
    KeysUnavailable,
    OidcIssuersSetting,
    Role,
    TokenRefused,
    TokenVerifier,
)
from vinculo.access.key_sets import parse_jwks
from vinculo.access.tokens import map_roles, subject_id

from .external_provider import ISSUER, Provider
from .own_issuer import ISSUER as OWN_ISSUER
from .own_issuer import PERSON, Issuer

ROLES = {"credit-operator": Role.OPERATOR, "credit-admin": Role.ADMIN}
own = Issuer()
provider = Provider()
stranger = Provider()


def trusted(jwks_url: str = "https://id.lender.test/certs", **changes: Any) -> ExternalIssuer:
    settings: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": "vinculo",
        "jwks_url": jwks_url,
        "roles_claim": "realm_access.roles",
        "roles": ROLES,
        **changes,
    }
    return ExternalIssuer(**settings)


def verifier(*issuers: ExternalIssuer) -> TokenVerifier:
    return TokenVerifier(OWN_ISSUER, keys={own.kid: own.private_key.public_key()}, external=issuers)


@pytest_asyncio.fixture(loop_scope="session")
async def verifying() -> AsyncIterator[TokenVerifier]:
    async with provider.serving() as url:
        yield verifier(trusted(url))


async def test_a_token_of_a_configured_issuer_has_the_configured_roles(
    verifying: TokenVerifier,
) -> None:
    principal = await verifying.verify(provider.token())

    assert principal.roles == {Role.OPERATOR}
    assert principal.subject.version == 5
    assert principal.session_id is None


async def test_the_id_of_a_caller_depends_on_issuer_and_subject(
    verifying: TokenVerifier,
) -> None:
    first = await verifying.verify(provider.token())
    again = await verifying.verify(provider.token())
    other = await verifying.verify(provider.token(sub="f:ldap:jose"))
    async with provider.serving() as url:
        elsewhere = verifier(trusted(url, issuer="https://other.test"))
        foreign = await elsewhere.verify(provider.token(iss="https://other.test"))

    assert first.subject == again.subject
    assert len({first.subject, other.subject, foreign.subject}) == 3


async def test_an_issuer_may_sign_with_an_elliptic_curve() -> None:
    curved = Provider("ES256")
    async with curved.serving() as url:
        principal = await verifier(trusted(url)).verify(curved.token())

    assert principal.roles == {Role.OPERATOR}


async def test_the_keys_are_fetched_once() -> None:
    counted = Provider()
    async with counted.serving() as url:
        verifying = verifier(trusted(url))
        for _ in range(5):
            await verifying.verify(counted.token())

    assert counted.requests == 1


async def test_our_own_tokens_are_accepted_too(verifying: TokenVerifier) -> None:
    principal = await verifying.verify(own.token(roles=["viewer"]))

    assert principal.subject == PERSON
    assert principal.roles == {Role.VIEWER}


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(stranger.token(), id="a-strangers-key"),
        pytest.param(provider.token(iss="https://elsewhere.test"), id="not-configured"),
        pytest.param(provider.token(iss=OWN_ISSUER), id="saying-it-is-ours"),
        pytest.param(own.token(iss=ISSUER), id="our-key-saying-it-is-theirs"),
        pytest.param(own.token(iss=[ISSUER]), id="issuer-list"),
        pytest.param(provider.token(aud="account"), id="another-audience"),
        pytest.param(provider.token(exp=1), id="expired"),
        pytest.param(provider.token(sub=""), id="empty-subject"),
        pytest.param(provider.token(sub="x" * 256), id="endless-subject"),
        *(
            pytest.param(provider.token(**{claim: None}), id=f"without-{claim}")
            for claim in ("iss", "aud", "exp", "iat", "sub")
        ),
        pytest.param(
            jwt.encode({"iss": ISSUER}, "k" * 32, "HS256", {"kid": provider.kid}), id="hs256"
        ),
        pytest.param(
            jwt.encode({"iss": ISSUER}, provider.key, "PS256", {"kid": provider.kid}), id="ps256"
        ),
        pytest.param(jwt.encode({"iss": ISSUER}, provider.key, "RS256"), id="no-kid"),
    ],
)
async def test_every_other_token_is_refused(verifying: TokenVerifier, token: str) -> None:
    with pytest.raises(TokenRefused):
        await verifying.verify(token)


async def test_an_algorithm_that_is_not_configured_is_refused() -> None:
    async with provider.serving() as url:
        with pytest.raises(TokenRefused):
            await verifier(trusted(url, algorithms=("ES256",))).verify(provider.token())


async def test_tokens_of_an_unreachable_issuer_cannot_be_verified() -> None:
    async with provider.serving() as url:
        pass
    with pytest.raises(KeysUnavailable):
        await verifier(trusted(url)).verify(provider.token())


def test_short_rsa_keys_are_ignored() -> None:
    assert parse_jwks(Provider(rsa_bits=1024).jwks, ("RS256",)) == {}
    assert set(parse_jwks(provider.jwks, ("RS256",))) == {provider.kid}
    assert parse_jwks(provider.jwks) == {}


@pytest.mark.parametrize(
    ("claim", "claims", "roles"),
    [
        ("groups", {"groups": ["credit-admin", "else"]}, {Role.ADMIN}),
        ("scope", {"scope": "openid credit-admin credit-operator"}, {Role.ADMIN, Role.OPERATOR}),
        ("https://a.test/roles", {"https://a.test/roles": ["credit-admin"]}, {Role.ADMIN}),
        ("a.b.c", {"a": {"b": {"c": ["credit-admin"]}}}, {Role.ADMIN}),
        ("a.b.c", {"a": {"b": ["credit-admin"]}}, set()),
        ("groups", {"groups": [7, None, {}]}, set()),
        ("groups", {"groups": {"credit-admin": True}}, set()),
        ("groups", {}, set()),
        ("groups", {"groups": ["admin"]}, set()),
    ],
)
def test_roles_are_read_from_the_configured_claim(
    claim: str, claims: dict[str, Any], roles: set[Role]
) -> None:
    assert map_roles(claims, trusted(roles_claim=claim)) == roles


setting: TypeAdapter[tuple[ExternalIssuer, ...]] = TypeAdapter(OidcIssuersSetting)
ONE = {
    "issuer": ISSUER,
    "audience": "vinculo",
    "jwks_url": "https://id.lender.test/certs",
    "roles": {"credit-operator": "operator"},
}


def test_issuers_are_read_from_json_or_a_toml_file(tmp_path: Path) -> None:
    path = tmp_path / "issuers.toml"
    path.write_text(
        f'[[issuers]]\nissuer = "{ISSUER}"\naudience = "vinculo"\n'
        'jwks_url = "https://id.lender.test/certs"\nroles = { "credit-operator" = "operator" }\n'
    )

    for value in (json.dumps([ONE]), str(path)):
        (issuer,) = setting.validate_python(value)
        assert issuer == ExternalIssuer.model_validate(ONE)
    assert setting.validate_python(" ") == ()


@pytest.mark.parametrize(
    "value",
    [
        "[",
        "nowhere.toml",
        json.dumps([ONE, ONE]),
        json.dumps([{**ONE, "jwks_url": "http://id.lender.test/certs"}]),
        json.dumps([{**ONE, "roles": {"anybody": "applicant"}}]),
        json.dumps([{**ONE, "roles": {"anybody": "emperor"}}]),
        json.dumps([{**ONE, "algorithms": ["HS256"]}]),
        json.dumps([{**ONE, "algorithms": []}]),
        json.dumps([{**ONE, "secret": "x"}]),
        json.dumps([{"issuer": ISSUER}]),
        json.dumps(["issuer"]),
    ],
)
def test_an_invalid_setting_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        setting.validate_python(value)


def test_our_own_issuer_is_not_an_external_one() -> None:
    with pytest.raises(ValueError, match="external"):
        verifier(trusted(issuer=OWN_ISSUER))


def test_the_id_of_a_subject_never_changes() -> None:
    assert subject_id("https://id.test", "maria") == UUID("ca46209b-ff31-5d34-b9ff-4cf461349590")

"""Verifies access tokens: JWTs for one audience, checked by every service itself.

Our own tokens are ES256 of one issuer. Tokens of external issuers are accepted if the issuer is
configured, each with its own keys only.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from vinculo.access.external_issuers import ExternalIssuer
from vinculo.access.key_sets import ALGORITHM, RemoteJwks, StaticKeySet, algorithm_of
from vinculo.access.revocations import RevocationList
from vinculo.access.roles import Principal, Role

KEY_SET_PATH: Final = "/.well-known/jwks.json"
LEEWAY_SECONDS: Final = 5
MAX_TOKEN_LENGTH: Final = 8192
MAX_SUBJECT_LENGTH: Final = 255
REQUIRED_CLAIMS: Final = ("iss", "aud", "exp", "iat", "sub", "jti", "sid", "rv")
MAX_LIFETIME_SECONDS: Final = 600
"""Of our own tokens."""
REQUIRED_EXTERNAL_CLAIMS: Final = ("iss", "aud", "exp", "iat", "sub")
SUBJECT_NAMESPACE: Final = UUID("7f6f0c1e-5d0b-5b8e-9a53-2c6a1d0f4e77")
"""The UUID namespace in which `issuer|subject` becomes an id. It must never change."""


class TokenRefused(Exception):
    """The token is not one of the issuer's, not for this audience, or no longer valid."""


class TokenVerifier:
    """Verifies tokens of our issuer and of external issuers, and refuses revoked ones.

    The keys of our issuer are `keys`, or those at `jwks_url`, by default its well-known address.
    """

    def __init__(
        self,
        issuer: str,
        audience: str = "vinculo",
        jwks_url: str | None = None,
        keys: Mapping[str, EllipticCurvePublicKey] | None = None,
        *,
        external: Sequence[ExternalIssuer] = (),
        revocations: RevocationList | None = None,
    ) -> None:
        if any(each.issuer == issuer for each in external):
            raise ValueError("our own issuer is not an external one")
        self._external = _ExternalTokens(external)
        self._issuer = issuer
        self._revocations = revocations
        self._audience = audience
        self._keys: StaticKeySet | RemoteJwks
        match jwks_url, keys:
            case str(), None:
                self._keys = RemoteJwks(jwks_url)
            case None, Mapping():
                self._keys = StaticKeySet(keys)
            case None, None:
                self._keys = RemoteJwks(issuer.rstrip("/") + KEY_SET_PATH)
            case _:
                raise ValueError("give the keys or the address of the JWKS, not both")

    async def verify(self, token: str) -> Principal:
        """The caller who has this token.

        Raises:
            TokenRefused: the token is not valid, or it was revoked.
            KeysUnavailable: the token cannot be verified, because the issuer's keys are not
                available at the moment.

        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise TokenRefused("too long")
        issuer = _unverified_issuer(token)
        if issuer in self._external:
            caller = await self._external.verify(token, issuer)
        else:
            caller = await self._verify_own(token)
        refusal = None if self._revocations is None else self._revocations.refusal(caller)
        if refusal is not None:
            raise TokenRefused(refusal)
        return caller

    async def _verify_own(self, token: str) -> Principal:
        key = await self._keys.key(_key_id(token, (ALGORITHM,)))
        if key is None:
            raise TokenRefused("unknown key")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": list(REQUIRED_CLAIMS), "strict_aud": True},
            )
        except jwt.PyJWTError as error:
            raise TokenRefused(type(error).__name__) from None
        return _principal(claims)


class _ExternalTokens:
    """Verifies tokens of configured external issuers."""

    def __init__(self, issuers: Sequence[ExternalIssuer]) -> None:
        self._issuers = {
            each.issuer: (each, RemoteJwks(each.jwks_url, algorithms=each.algorithms))
            for each in issuers
        }

    def __contains__(self, issuer: object) -> bool:
        return isinstance(issuer, str) and issuer in self._issuers

    async def verify(self, token: str, issuer: str) -> Principal:
        trusted, keys = self._issuers[issuer]
        key = await keys.key(_key_id(token, trusted.algorithms))
        if key is None:
            raise TokenRefused("unknown key")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm_of(key)],
                issuer=trusted.issuer,
                audience=trusted.audience,
                leeway=LEEWAY_SECONDS,
                options={"require": list(REQUIRED_EXTERNAL_CLAIMS)},
            )
        except jwt.PyJWTError as error:
            raise TokenRefused(type(error).__name__) from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH:
            raise TokenRefused("malformed claims")
        return Principal(subject_id(trusted.issuer, subject), map_roles(claims, trusted))


def subject_id(issuer: str, subject: str) -> UUID:
    """The id of an external subject. It must never change, because records name actors by it."""
    return uuid5(SUBJECT_NAMESPACE, f"{issuer}|{subject}")


def map_roles(claims: Mapping[str, Any], issuer: ExternalIssuer) -> frozenset[Role]:
    """Our roles for the roles in the claims; names that are not configured are ignored."""
    value = claims.get(issuer.roles_claim)
    if value is None:
        value = claims
        for step in issuer.roles_claim.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
    names = value.split() if isinstance(value, str) else value
    if not isinstance(names, list):
        return frozenset()
    return frozenset(
        issuer.roles[name] for name in names if isinstance(name, str) and name in issuer.roles
    )


def _unverified_issuer(token: str) -> Any:  # noqa: ANN401 - any JSON value
    """The issuer that the token claims, used only to choose the keys for its verification."""
    try:
        return jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.PyJWTError:
        return None


def _key_id(token: str, algorithms: Collection[str]) -> str:
    """The key id of a token whose header names one of the algorithms."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise TokenRefused("not a JWT") from None
    kid = header.get("kid")
    if header.get("alg") not in algorithms or "crit" in header or not isinstance(kid, str):
        raise TokenRefused("not a token of these algorithms with a key id")
    return kid


def _principal(claims: dict[str, Any]) -> Principal:
    """The caller; roles that this version does not know are ignored."""
    try:
        subject, session_id = UUID(claims["sub"]), UUID(str(claims["sid"]))
    except ValueError:
        raise TokenRefused("the subject or the session is not an id") from None
    roles, version = claims.get("roles", []), claims["rv"]
    if type(version) is not int or version < 0:
        raise TokenRefused("the registry version is not a number")
    if claims["exp"] - claims["iat"] > MAX_LIFETIME_SECONDS:
        raise TokenRefused("valid for too long")
    if not isinstance(roles, list) or not isinstance(claims["jti"], str) or not claims["jti"]:
        raise TokenRefused("malformed claims")
    known_roles = frozenset(role for role in Role if role.value in roles)
    return Principal(subject, known_roles, session_id, version)

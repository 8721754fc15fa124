"""Access tokens: JWTs for one audience, verified by every service itself.

Ours are ES256, of one issuer. Those of other issuers are taken where the configuration names them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from vinculo.access.external_issuers import ExternalIssuer, ExternalTokens
from vinculo.access.key_sets import ALGORITHM, RemoteJwks, StaticKeySet
from vinculo.access.roles import Principal, Role
from vinculo.access.token_header import (
    LEEWAY_SECONDS,
    LONGEST_TOKEN,
    TokenRefused,
    header_of,
    unverified_issuer,
)

REQUIRED_CLAIMS: Final = ("iss", "aud", "exp", "iat", "sub", "jti")
KEY_SET_PATH: Final = "/.well-known/jwks.json"


class TokenVerifier:
    """Takes the issuer's keys or the address of its JWKS; its own well-known one by default."""

    def __init__(
        self,
        issuer: str,
        audience: str = "vinculo",
        jwks_url: str | None = None,
        keys: Mapping[str, EllipticCurvePublicKey] | None = None,
        external: Sequence[ExternalIssuer] = (),
    ) -> None:
        if any(each.issuer == issuer for each in external):
            raise ValueError("our own issuer is not an external one")
        self._external = ExternalTokens(external)
        self._issuer = issuer
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
        """Raises TokenRefused, or KeysUnavailable when it cannot be told."""
        if len(token) > LONGEST_TOKEN:
            raise TokenRefused("too long")
        told = unverified_issuer(token)
        if told in self._external:
            return await self._external.verify(token, told)
        return await self._verify_own(token)

    async def _verify_own(self, token: str) -> Principal:
        key = await self._keys.key(header_of(token, (ALGORITHM,)).kid)
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


def _principal(claims: dict[str, Any]) -> Principal:
    """Roles that this version does not know give nothing."""
    try:
        subject = UUID(claims["sub"])
        session_id = None if claims.get("sid") is None else UUID(str(claims["sid"]))
    except ValueError:
        raise TokenRefused("the subject or the session is not an id") from None
    roles = claims.get("roles", [])
    if not isinstance(roles, list) or not isinstance(claims["jti"], str) or not claims["jti"]:
        raise TokenRefused("malformed claims")
    given = frozenset(role for role in Role if role.value in roles)
    return Principal(subject, given, session_id)

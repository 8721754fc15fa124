"""The issuer's public keys, fetched from its JWKS and kept while it cannot be reached."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import httpx2
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

PublicKey = EllipticCurvePublicKey | RSAPublicKey

ALGORITHM: Final = "ES256"
RSA_ALGORITHM: Final = "RS256"
SHORTEST_RSA_BITS: Final = 2048
FETCH_AT_MOST_EVERY_SECONDS: Final = 10.0
FRESH_FOR_SECONDS: Final = 300.0
TIMEOUT_SECONDS: Final = 3.0


class KeysUnavailable(Exception):
    """No key is known for the token and the issuer could not be asked just now."""


class RemoteJwks:
    """Keys by `kid`. The address is configured; nothing in a token is ever followed.

    Fetched when first needed, every five minutes, and for an unknown `kid`, but never more often
    than every ten seconds. A failed fetch leaves the known keys in use.
    """

    def __init__(
        self,
        jwks_url: str,
        *,
        algorithms: Collection[str] = (ALGORITHM,),
        transport: httpx2.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = jwks_url
        self._algorithms = tuple(algorithms)
        self._transport = transport
        self._clock = clock
        self._keys: Mapping[str, PublicKey] = {}
        self._tried_at: float | None = None
        self._fetched_at: float | None = None
        self._one_at_a_time = asyncio.Lock()

    async def key(self, kid: str) -> PublicKey | None:
        """The key, or None when the issuer does not have it. Raises KeysUnavailable."""
        if kid not in self._keys or not self._is_fresh():
            async with self._one_at_a_time:
                if (kid not in self._keys or not self._is_fresh()) and self._may_fetch():
                    await self._fetch()
        found = self._keys.get(kid)
        if found is None and self._fetched_at != self._tried_at:
            raise KeysUnavailable
        return found

    def _is_fresh(self) -> bool:
        fetched_at = self._fetched_at
        return fetched_at is not None and self._clock() - fetched_at < FRESH_FOR_SECONDS

    def _may_fetch(self) -> bool:
        tried_at = self._tried_at
        return tried_at is None or self._clock() - tried_at >= FETCH_AT_MOST_EVERY_SECONDS

    async def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            async with httpx2.AsyncClient(
                transport=self._transport, timeout=TIMEOUT_SECONDS, follow_redirects=False
            ) as client:
                response = await client.get(self._url)
            response.raise_for_status()
            keys = keys_of(response.json(), self._algorithms)
        except (httpx2.HTTPError, ValueError):
            structlog.get_logger().warning("jwks-not-fetched", exc_info=True)
            return
        self._keys = keys
        self._fetched_at = self._tried_at


class StaticKeySet:
    """Keys known beforehand: the issuer's own."""

    def __init__(self, keys: Mapping[str, EllipticCurvePublicKey]) -> None:
        self._keys = dict(keys)

    async def key(self, kid: str) -> EllipticCurvePublicKey | None:
        return self._keys.get(kid)


def keys_of(
    jwks: Any,  # noqa: ANN401 - any JSON value
    algorithms: Collection[str] = (ALGORITHM,),
) -> dict[str, PublicKey]:
    """The signing keys of a JWKS that are for these algorithms; other entries are passed over."""
    entries = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWKS")  # noqa: TRY004 - a malformed document, not a caller's mistake
    keys: dict[str, PublicKey] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        kid, key = entry.get("kid"), _public_key(entry, algorithms)
        if isinstance(kid, str) and key is not None:
            keys[kid] = key
    return keys


def algorithm_of(key: PublicKey) -> str:
    """By the key and never by the token: that is how one is taken for the other."""
    return RSA_ALGORITHM if isinstance(key, RSAPublicKey) else ALGORITHM


def _public_key(entry: dict[str, Any], algorithms: Collection[str]) -> PublicKey | None:
    algorithm = {"EC": ALGORITHM, "RSA": RSA_ALGORITHM}.get(str(entry.get("kty")))
    if algorithm not in algorithms or entry.get("alg", algorithm) != algorithm or "d" in entry:
        return None
    try:
        key = jwt.PyJWK(entry, algorithm=algorithm).key
    except jwt.PyJWTError:
        return None
    match key:
        case EllipticCurvePublicKey() if isinstance(key.curve, SECP256R1):
            return key
        case RSAPublicKey() if key.key_size >= SHORTEST_RSA_BITS:
            return key
        case _:
            return None

"""Public keys of an issuer, fetched from its JWKS and cached while it is unreachable."""

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
MIN_RSA_BITS: Final = 2048
MIN_FETCH_INTERVAL_SECONDS: Final = 10.0
MAX_AGE_SECONDS: Final = 300.0
FETCH_TIMEOUT_SECONDS: Final = 3.0


class KeysUnavailable(Exception):
    """The token's key is unknown, and the issuer's keys cannot be fetched at the moment."""


class RemoteJwks:
    """Keys by `kid`. The address is configured; an address in a token is never used.

    They are fetched when first needed, after five minutes, and for an unknown `kid`, but at most
    every ten seconds. After a failed fetch the known keys stay in use.
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
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> PublicKey | None:
        """The key; None if the issuer does not have it.

        Raises:
            KeysUnavailable: the key is unknown and the last fetch failed.

        """
        if kid not in self._keys or not self._is_fresh():
            async with self._lock:
                if (kid not in self._keys or not self._is_fresh()) and self._may_fetch():
                    await self._fetch()
        key = self._keys.get(kid)
        if key is None and self._fetched_at != self._tried_at:
            raise KeysUnavailable
        return key

    def _is_fresh(self) -> bool:
        fetched_at = self._fetched_at
        return fetched_at is not None and self._clock() - fetched_at < MAX_AGE_SECONDS

    def _may_fetch(self) -> bool:
        tried_at = self._tried_at
        return tried_at is None or self._clock() - tried_at >= MIN_FETCH_INTERVAL_SECONDS

    async def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            async with httpx2.AsyncClient(
                transport=self._transport, timeout=FETCH_TIMEOUT_SECONDS, follow_redirects=False
            ) as client:
                response = await client.get(self._url)
            response.raise_for_status()
            keys = parse_jwks(response.json(), self._algorithms)
        except (httpx2.HTTPError, ValueError):
            structlog.get_logger().warning("jwks-not-fetched", exc_info=True)
            return
        self._keys = keys
        self._fetched_at = self._tried_at


class StaticKeySet:
    """Keys that do not change while the process runs, as the issuer itself has them."""

    def __init__(self, keys: Mapping[str, EllipticCurvePublicKey]) -> None:
        self._keys = dict(keys)

    async def key(self, kid: str) -> EllipticCurvePublicKey | None:
        return self._keys.get(kid)


def parse_jwks(
    jwks: Any,  # noqa: ANN401 - any JSON value
    algorithms: Collection[str] = (ALGORITHM,),
) -> dict[str, PublicKey]:
    """The signing keys of a JWKS for these algorithms; other entries are ignored."""
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
    """The algorithm of the key. It is never taken from the token, which could name another one."""
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
        case RSAPublicKey() if key.key_size >= MIN_RSA_BITS:
            return key
        case _:
            return None

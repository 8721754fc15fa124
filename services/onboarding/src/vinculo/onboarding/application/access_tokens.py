"""The access tokens that this service issues, and the public keys that verify them."""

import base64
import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from vinculo.access import Role

ACCESS_TOKEN_LIFETIME: Final = timedelta(minutes=10)
AUDIENCE: Final = "vinculo"
ALGORITHM: Final = "ES256"


class SigningKeyError(ValueError):
    def __init__(self) -> None:
        super().__init__("is not a private key on P-256 in PEM")


def read_signing_key(pem: str) -> EllipticCurvePrivateKey:
    r"""The private key. Line breaks may be written as `\n`; an error does not repeat the key.

    Raises:
        SigningKeyError: not a private key on P-256 in PEM.

    """
    try:
        key = load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError):
        raise SigningKeyError from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise SigningKeyError
    return key


class AccessTokens:
    def __init__(self, key: EllipticCurvePrivateKey, issuer: str) -> None:
        self._key = key
        self._issuer = issuer
        self._kid = _thumbprint(key.public_key())

    def issue(
        self,
        subject: UUID,
        roles: Collection[Role],
        now: datetime,
        *,
        session_id: UUID,
        registry_version: int,
    ) -> str:
        """A token of the session, issued under this version of the subject's record."""
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(subject),
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + ACCESS_TOKEN_LIFETIME,
            "sid": str(session_id),
            "rv": registry_version,
            "roles": sorted(role.value for role in roles),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self._kid})

    @property
    def public_keys(self) -> Mapping[str, EllipticCurvePublicKey]:
        return {self._kid: self._key.public_key()}

    def key_set(self) -> dict[str, Any]:
        """The JWKS, RFC 7517."""
        key = _jwk(self._key.public_key())
        return {"keys": [{**key, "kid": self._kid, "alg": ALGORITHM, "use": "sig"}]}


def _jwk(key: EllipticCurvePublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {
        "crv": "P-256",
        "kty": "EC",
        "x": _base64url(numbers.x.to_bytes(32, "big")),
        "y": _base64url(numbers.y.to_bytes(32, "big")),
    }


def _thumbprint(key: EllipticCurvePublicKey) -> str:
    """RFC 7638, so that a key has the same id on every instance."""
    canonical = json.dumps(_jwk(key), separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

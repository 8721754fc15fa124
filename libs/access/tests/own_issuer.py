"""Our own issuer for tests, with valid and invalid tokens."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm

ISSUER = "http://vinculo.test"
SESSION = UUID(int=9)
PERSON = UUID("0193f5a0-0001-7000-8000-000000000001")


class Issuer:
    def __init__(self, kid: str = "k1") -> None:
        self.kid = kid
        self.private_key: EllipticCurvePrivateKey = generate_private_key(SECP256R1())

    @property
    def private_pem(self) -> bytes:
        return self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def jwk(self) -> dict[str, Any]:
        public: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(self.private_key.public_key()))
        return public | {"kid": self.kid, "alg": "ES256", "use": "sig"}

    def token(
        self,
        *,
        without: str | None = None,
        headers: dict[str, Any] | None = None,
        algorithm: str = "ES256",
        key: Any = None,
        **claims: Any,
    ) -> str:
        now = datetime.now(UTC)
        payload: dict[str, Any] = {
            "iss": ISSUER,
            "aud": "vinculo",
            "sub": str(PERSON),
            "jti": "j1",
            "iat": now,
            "exp": now + timedelta(minutes=10),
            "roles": ["viewer"],
            "sid": str(SESSION),
            "rv": 3,
        } | claims
        if without:
            del payload[without]
        signing_key = self.private_pem if key is None else key
        payload_json = json.dumps(payload, default=lambda moment: int(moment.timestamp()))
        all_headers = {"typ": "JWT", "kid": self.kid} | (headers or {})
        return jwt.PyJWS().encode(payload_json.encode(), signing_key, algorithm, all_headers)

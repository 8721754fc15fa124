"""An OpenID provider for tests: its tokens, and its JWKS on a real port."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://id.lender.test/realms/staff"


class Provider:
    def __init__(self, algorithm: str = "RS256", rsa_bits: int = 2048) -> None:
        self.algorithm = algorithm
        self.kid = f"{algorithm}-1"
        self.requests = 0
        self.key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = (
            rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
            if algorithm == "RS256"
            else ec.generate_private_key(ec.SECP256R1())
        )

    @property
    def jwks(self) -> dict[str, Any]:
        key = self.key
        public: dict[str, Any] = json.loads(
            RSAAlgorithm.to_jwk(key.public_key())
            if isinstance(key, rsa.RSAPrivateKey)
            else ECAlgorithm.to_jwk(key.public_key())
        )
        return {"keys": [{**public, "kid": self.kid, "use": "sig", "key_ops": ["verify"]}]}

    def token(self, **changes: Any) -> str:
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "aud": ["vinculo", "account"],
            "sub": "f:ldap:maria",
            "iat": now,
            "exp": now + timedelta(minutes=5),
            "realm_access": {"roles": ["credit-operator", "offline_access"]},
            **changes,
        }
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(present, self.key, algorithm=self.algorithm, headers={"kid": self.kid})

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """The address of the JWKS while it is served."""
        server = await asyncio.start_server(self._respond, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            yield f"http://127.0.0.1:{port}/certs"

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        body = json.dumps(self.jwks).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

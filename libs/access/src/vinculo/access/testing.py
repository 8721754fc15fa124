"""For tests: access tokens as onboarding issues them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from vinculo.access.roles import Role

LIFETIME: Final = timedelta(minutes=10)


def access_token(
    key: EllipticCurvePrivateKey, key_id: str, *, issuer: str, subject: UUID, roles: Iterable[Role]
) -> str:
    """A token that is valid from now on, of a session of its own."""
    now = datetime.now(UTC)
    claims = {
        "iss": issuer,
        "aud": "vinculo",
        "sub": str(subject),
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + LIFETIME,
        "roles": [role.value for role in roles],
        "sid": str(uuid4()),
        "rv": 0,
    }
    return jwt.encode(claims, key, algorithm="ES256", headers={"kid": key_id})

"""What is looked at in every token before a key is asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import jwt

LEEWAY_SECONDS: Final = 5
LONGEST_TOKEN: Final = 8192


class TokenRefused(Exception):
    """The token is not one of the issuer's, not for us, or no longer valid."""


@dataclass(frozen=True, slots=True)
class TokenHeader:
    kid: str


def header_of(token: str, algorithms: Collection[str]) -> TokenHeader:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise TokenRefused("not a JWT") from None
    kid = header.get("kid")
    if header.get("alg") not in algorithms or "crit" in header or not isinstance(kid, str):
        raise TokenRefused("not a token of these algorithms with a key id")
    return TokenHeader(kid)


def unverified_issuer(token: str) -> Any:  # noqa: ANN401 - any JSON value
    """Whom the token says it is from: only good for choosing whose keys to hold it against."""
    try:
        return jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.PyJWTError:
        return None

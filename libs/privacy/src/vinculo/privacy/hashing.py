"""Hashes that only a holder of the key can make: for matching documents and for links."""

import base64
import hashlib
import hmac
from typing import Final
from uuid import UUID

CODE_DIGITS: Final = 6


def keyed_hash(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 over the parts joined by `|`.

    A part holding the separator is refused: two different lists of parts would hash alike.
    """
    if any("|" in part for part in parts[:-1]):
        raise ValueError("only the last part may hold the separator")
    return hmac.digest(key, "|".join(parts).encode(), hashlib.sha256)


def link_token(link_key: bytes, link_id: UUID) -> str:
    """The token of a link: 256 bits, base64url without padding.

    Derived, so that it is neither stored nor sent in an event. Compare with
    `hmac.compare_digest`.
    """
    digest = hmac.digest(link_key, link_id.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def code_of(link_key: bytes, code_id: UUID) -> str:
    """The six digits of a code, told apart from the token of a link that has the same id.

    A million are soon tried: whoever checks one counts the tries. Compare with
    `hmac.compare_digest`.
    """
    digest = hmac.digest(link_key, b"code|" + code_id.bytes, hashlib.sha256)
    return str(int.from_bytes(digest[:8], "big") % 10**CODE_DIGITS).zfill(CODE_DIGITS)

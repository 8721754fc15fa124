"""Keyed hashes, for matching document numbers and for deriving tokens of links and codes."""

import base64
import hashlib
import hmac
from typing import Final
from uuid import UUID

CODE_DIGITS: Final = 6


def keyed_hash(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 of the parts joined by `|`.

    Raises:
        ValueError: a part other than the last contains the separator, so that different lists of
            parts could have the same hash.

    """
    if any("|" in part for part in parts[:-1]):
        raise ValueError("only the last part may contain the separator")
    return hmac.digest(key, "|".join(parts).encode(), hashlib.sha256)


def link_token(link_key: bytes, link_id: UUID) -> str:
    """The token of a link: 256 bits, base64url without padding.

    It is derived from the id, so that it need not be stored or sent in an event. It must be
    compared with `hmac.compare_digest`.
    """
    digest = hmac.digest(link_key, link_id.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def confirmation_code(link_key: bytes, code_id: UUID) -> str:
    """The six digits of a code; unrelated to the token of a link with the same id.

    There are only a million codes, so attempts must be limited. It must be compared with
    `hmac.compare_digest`.
    """
    digest = hmac.digest(link_key, b"code|" + code_id.bytes, hashlib.sha256)
    return str(int.from_bytes(digest[:8], "big") % 10**CODE_DIGITS).zfill(CODE_DIGITS)

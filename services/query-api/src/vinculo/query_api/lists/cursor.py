"""Cursors: where a page ends, sealed, and of use only with the query that it came from.

A cursor holds a person's name or phone, and stands in addresses that others log: so it is
encrypted. The query it belongs to is the additional data, so a cursor used with another filter or
edited by hand does not open.
"""

import base64
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.httpapi import Problem

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The row beside which a page begins; `backward` for the page before it."""

    value: Any
    person_id: UUID
    backward: bool = False


class Cursors:
    """Writes and reads cursors with a key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def write(self, cursor: Cursor, query: bytes) -> str:
        plain = orjson.dumps([*_tagged(cursor.value), str(cursor.person_id), cursor.backward])
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, plain, query)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def read(self, text: str, query: bytes) -> Cursor:
        """Raises Problem 400 for a cursor that this query did not give."""
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], query)
        except (ValueError, InvalidTag):
            raise Problem(400, "cursor-invalid") from None
        tag, value, person_id, backward = orjson.loads(plain)
        return Cursor(value=_untagged(tag, value), person_id=UUID(person_id), backward=backward)


def _tagged(value: Any) -> tuple[str, Any]:  # noqa: ANN401 - a sort value is of any type
    match value:
        case datetime():
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            return "instant", int(aware.timestamp() * 1000)
        case UUID():
            return "uuid", str(value)
        case _:
            return "plain", value


def _untagged(tag: str, value: Any) -> Any:  # noqa: ANN401 - likewise
    match tag:
        case "instant":
            return datetime.fromtimestamp(value / 1000, UTC)
        case "uuid":
            return UUID(value)
        case _:
            return value

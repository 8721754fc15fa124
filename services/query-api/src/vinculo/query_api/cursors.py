"""Cursors: where a page ends, sealed, and of use only with the query that it came from.

A cursor holds a person's name or phone, and stands in addresses that others log: so it is
encrypted. The query it belongs to is the additional data, so a cursor used with another filter or
edited by hand does not open.
"""

import base64
import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.httpapi import Problem
from vinculo.query_api.filter_errors import field_refusal
from vinculo.translation import DEFAULT_LANGUAGE, Language

_NONCE_BYTES = 12
_KEY_BYTES = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaginationSnapshot:
    """What the pages from the first one on have in common: its time, and how many people it told.

    Periods like "today" stay what they were, and nobody is counted again for every page.
    """

    begun_at: datetime
    people: int
    is_capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The row beside which a page begins, or `itself` its first; `backward` for the page before."""

    value: Any
    person_id: UUID
    backward: bool = False
    itself: bool = False
    walk: PaginationSnapshot | None = None


class CursorCodec:
    """Writes and reads cursors with a key made of this one."""

    def __init__(self, key: bytes) -> None:
        own = hashlib.blake2b(key=key, digest_size=_KEY_BYTES, person=b"list cursors").digest()
        self._cipher = AESGCM(own)

    def write(self, cursor: Cursor, query: bytes) -> str:
        walk = cursor.walk
        plain = orjson.dumps(
            [
                *_tagged(cursor.value),
                str(cursor.person_id),
                cursor.backward,
                cursor.itself,
                None
                if walk is None
                else (_milliseconds(walk.begun_at), walk.people, walk.is_capped),
            ]
        )
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, plain, query)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def read(self, text: str, query: bytes, language: Language = DEFAULT_LANGUAGE) -> Cursor:
        """Raises Problem 400 for a cursor that this query did not give."""
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], query)
        except (ValueError, InvalidTag):
            errors = [field_refusal("cursor", "not_of_this_query", language)]
            raise Problem(400, "cursor-invalid", errors=errors) from None
        tag, value, person_id, backward, itself, walk = orjson.loads(plain)
        return Cursor(
            value=_untagged(tag, value),
            person_id=UUID(person_id),
            backward=backward,
            itself=itself,
            walk=None if walk is None else _walk(*walk),
        )


def _walk(begun_at: int, people: int, is_capped: bool) -> PaginationSnapshot:  # noqa: FBT001 - as it was written
    return PaginationSnapshot(begun_at=_moment(begun_at), people=people, is_capped=is_capped)


def _tagged(value: Any) -> tuple[str, Any]:  # noqa: ANN401 - a sort value is of any type
    match value:
        case datetime():
            return "instant", _milliseconds(value if value.tzinfo else value.replace(tzinfo=UTC))
        case UUID():
            return "uuid", str(value)
        case _:
            return "plain", value


def _untagged(tag: str, value: Any) -> Any:  # noqa: ANN401 - likewise
    match tag:
        case "instant":
            return _moment(value)
        case "uuid":
            return UUID(value)
        case _:
            return value


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)

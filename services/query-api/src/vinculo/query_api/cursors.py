"""Encrypted keyset cursors, which are valid only for the query that they came from.

A cursor contains a person's name or phone number and appears in URLs that others log, so it is
encrypted. The query is the additional authenticated data: a cursor that is used with another filter
or was changed by hand cannot be decrypted.
"""

import base64
import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


SortValue: TypeAlias = str | int | datetime | UUID
"""A value of a sortable field."""


class CursorInvalid(Exception):
    """The cursor was not made for this query, or was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaginationSnapshot:
    """What all pages share with the first one: when it was requested, and its total.

    So periods such as "today" stay the same, and the total is counted once.
    """

    started_at: datetime
    people: int
    is_capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The row after which a page begins; `backward` for the page before it.

    With `inclusive` the row itself may be on the page.
    """

    value: SortValue
    person_id: UUID
    backward: bool = False
    inclusive: bool = False
    snapshot: PaginationSnapshot | None = None


class CursorCodec:
    """Encrypts and decrypts cursors with a key derived from the deployment's hash key."""

    def __init__(self, hash_key: bytes) -> None:
        key = hashlib.blake2b(key=hash_key, digest_size=_KEY_BYTES, person=b"list cursors").digest()
        self._cipher = AESGCM(key)

    def encode(self, cursor: Cursor, query: bytes) -> str:
        snapshot = cursor.snapshot
        plain = orjson.dumps(
            [
                *_tagged(cursor.value),
                str(cursor.person_id),
                cursor.backward,
                cursor.inclusive,
                None
                if snapshot is None
                else (_milliseconds(snapshot.started_at), snapshot.people, snapshot.is_capped),
            ]
        )
        nonce = os.urandom(_NONCE_BYTES)
        encrypted = nonce + self._cipher.encrypt(nonce, plain, query)
        return base64.urlsafe_b64encode(encrypted).rstrip(b"=").decode()

    def decode(self, text: str, query: bytes) -> Cursor:
        """The cursor of this query.

        Raises:
            CursorInvalid: the text was not encoded for this query.

        """
        try:
            padded = text + "=" * (-len(text) % 4)
            encrypted = base64.b64decode(padded, altchars=b"-_", validate=True)
            plain = self._cipher.decrypt(encrypted[:_NONCE_BYTES], encrypted[_NONCE_BYTES:], query)
        except (ValueError, InvalidTag):
            raise CursorInvalid from None
        tag, value, person_id, backward, inclusive, snapshot = orjson.loads(plain)
        return Cursor(
            value=_untagged(tag, value),
            person_id=UUID(person_id),
            backward=backward,
            inclusive=inclusive,
            snapshot=None if snapshot is None else _snapshot(*snapshot),
        )


def _snapshot(started_at: int, people: int, is_capped: bool) -> PaginationSnapshot:  # noqa: FBT001 - as it was encoded
    return PaginationSnapshot(started_at=_moment(started_at), people=people, is_capped=is_capped)


def _tagged(value: SortValue) -> tuple[str, str | int]:
    match value:
        case datetime():
            return "instant", _milliseconds(value if value.tzinfo else value.replace(tzinfo=UTC))
        case UUID():
            return "uuid", str(value)
        case _:
            return "plain", value


def _untagged(tag: str, value: str | int) -> SortValue:
    match tag:
        case "instant":
            return _moment(int(value))
        case "uuid":
            return UUID(str(value))
        case _:
            return value


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)

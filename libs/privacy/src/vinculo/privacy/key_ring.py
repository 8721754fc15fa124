"""The key ring creates, uses and destroys the data keys of persons.

Keys are stored encrypted under the key-encryption key, each bound to its person. Rows are never
deleted; destroying a key clears `wrapped_key`.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    Uuid,
    any_,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.events import ERASED, Erased
from vinculo.eventstore import table_check
from vinculo.privacy.envelopes import check_addressee, decrypt_envelope, encrypt_envelope

metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    Column("subject", Uuid, primary_key=True),
    Column("wrapped_key", LargeBinary),
    Column(
        "created_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    Column("destroyed_at", DateTime(timezone=True)),
)

KEY_BYTES = 32
NONCE_BYTES = 12
MAX_CACHE_SECONDS = 300
MAX_CACHED_KEYS = 20_000


class KeyUnreadable(Exception):
    """The stored key cannot be decrypted: another key-encryption key, or an altered row."""


def new_wrapped_key(wrapping_cipher: AESGCM, subject: UUID) -> bytes:
    """A random data key, encrypted."""
    nonce = os.urandom(NONCE_BYTES)
    data_key = AESGCM.generate_key(bit_length=KEY_BYTES * 8)
    return nonce + wrapping_cipher.encrypt(nonce, data_key, subject.bytes)


def unwrapped(wrapping_cipher: AESGCM, subject: UUID, wrapped_key: bytes) -> AESGCM:
    """The cipher of an encrypted data key.

    Raises:
        KeyUnreadable: the key cannot be decrypted.

    """
    nonce, ciphertext = wrapped_key[:NONCE_BYTES], wrapped_key[NONCE_BYTES:]
    try:
        return AESGCM(wrapping_cipher.decrypt(nonce, ciphertext, subject.bytes))
    except (InvalidTag, ValueError):
        raise KeyUnreadable(f"the key of {subject} cannot be decrypted") from None


class KeyCache:
    """Ciphers by person; None stands for a destroyed key, which never changes.

    A database read that began before `forget` may end after it, and must not put the key back. So
    `put` has the epoch at which the read began, and is ignored if `forget` was called since.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[UUID, tuple[float, AESGCM | None]] = OrderedDict()
        self.epoch = 0

    def get(self, subject: UUID) -> tuple[bool, AESGCM | None]:
        """Whether the person is cached, and the cipher."""
        entry = self._entries.get(subject)
        if entry is None:
            return False, None
        expires_at, cipher = entry
        if self._clock() >= expires_at:
            del self._entries[subject]
            return False, None
        return True, cipher

    def put(self, subject: UUID, cipher: AESGCM | None, *, epoch: int) -> None:
        if epoch != self.epoch:
            return
        self._entries[subject] = (self._clock() + MAX_CACHE_SECONDS, cipher)
        self._entries.move_to_end(subject)
        while len(self._entries) > MAX_CACHED_KEYS:
            self._entries.popitem(last=False)

    def forget(self, subject: UUID) -> None:
        self.epoch += 1
        self._entries.pop(subject, None)


class KeyMissing(Exception):
    """The person has no row: an error to retry, never an erasure.

    If a key ring is restored from a backup without the newest rows, people must not appear erased.
    """

    def __init__(self, subject: UUID) -> None:
        super().__init__(f"no key of {subject}")
        self.subject = subject


class KeyDestroyed(Exception):
    """The person is erased: nothing can be encrypted for them, and they get no second key."""

    def __init__(self, subject: UUID) -> None:
        super().__init__(f"the key of {subject} is destroyed")
        self.subject = subject


class KeyRing:
    def __init__(
        self,
        engine: AsyncEngine,
        key_encryption_key: bytes,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if len(key_encryption_key) != KEY_BYTES:
            raise ValueError(f"the key-encryption key must have {KEY_BYTES} bytes")
        self._engine = engine
        self._wrapping = AESGCM(key_encryption_key)
        self._cache = KeyCache(clock)

    async def create_key(self, subject: UUID) -> None:
        """Create and commit a key for the person. Idempotent.

        Raises:
            KeyDestroyed: the person is erased.

        """
        wrapped_key = new_wrapped_key(self._wrapping, subject)
        statement = insert(keys).values(subject=subject, wrapped_key=wrapped_key)
        async with self._engine.begin() as connection:
            await connection.execute(statement.on_conflict_do_nothing())
            destroyed_at = await connection.scalar(
                select(keys.c.destroyed_at).where(keys.c.subject == subject)
            )
        if destroyed_at is not None:
            raise KeyDestroyed(subject)

    async def encrypt(self, subject: UUID, event_id: UUID, plain: dict[str, Any]) -> dict[str, Any]:
        """The envelope of a plain personal part.

        Raises:
            KeyMissing, KeyUnreadable: the key is not available.
            KeyDestroyed: the person is erased.

        """
        cipher = (await self._ciphers([subject]))[subject]
        if cipher is None:
            raise KeyDestroyed(subject)
        return encrypt_envelope(cipher, subject, event_id, plain)

    async def decrypt(
        self, subject: UUID, event_id: UUID, envelope: dict[str, Any]
    ) -> dict[str, Any] | Erased:
        """The plain personal part of one envelope, or `ERASED`, as in `decrypt_many`."""
        (decrypted,) = await self.decrypt_many([(subject, event_id, envelope)])
        return decrypted

    async def decrypt_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]:
        """The plain personal parts of (subject, event id, envelope) triples, in their order.

        The part of an erased person is `ERASED`. Needs one query at most.

        Raises:
            KeyMissing, KeyUnreadable: a key is not available.
            EnvelopeRefused: an envelope is not valid.

        """
        for subject, _, envelope in sealed:
            check_addressee(subject, envelope)
        ciphers = await self._ciphers(subject for subject, _, _ in sealed)
        return [
            ERASED if cipher is None else decrypt_envelope(cipher, subject, event_id, envelope)
            for subject, event_id, envelope in sealed
            for cipher in (ciphers[subject],)
        ]

    async def destroy_key(self, subject: UUID) -> datetime:
        """Destroy the key irrevocably and return when it was destroyed. Idempotent.

        Raises:
            KeyMissing: the person has no key.

        """
        destroy = (
            update(keys)
            .where(keys.c.subject == subject, keys.c.destroyed_at.is_(None))
            .values(wrapped_key=None, destroyed_at=func.clock_timestamp())
        )
        async with self._engine.begin() as connection:
            await connection.execute(destroy)
            destroyed_at: datetime | None = await connection.scalar(
                select(keys.c.destroyed_at).where(keys.c.subject == subject)
            )
        self.forget(subject)
        if destroyed_at is None:
            raise KeyMissing(subject)
        return destroyed_at

    def forget(self, subject: UUID) -> None:
        """Remove the key from the cache, as every service does on `record-erased.v1`."""
        self._cache.forget(subject)

    async def _ciphers(self, subjects: Iterable[UUID]) -> dict[UUID, AESGCM | None]:
        known: dict[UUID, AESGCM | None] = {}
        unknown: list[UUID] = []
        for subject in dict.fromkeys(subjects):
            is_cached, cipher = self._cache.get(subject)
            if is_cached:
                known[subject] = cipher
            else:
                unknown.append(subject)
        if unknown:
            known |= await self._read(unknown)
        return known

    async def _read(self, subjects: list[UUID]) -> dict[UUID, AESGCM | None]:
        epoch = self._cache.epoch
        statement = select(keys.c.subject, keys.c.wrapped_key, keys.c.destroyed_at).where(
            keys.c.subject == any_(bindparam("subjects", subjects, type_=ARRAY(Uuid)))
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement)).all()
        ciphers = {
            row.subject: None
            if row.destroyed_at is not None
            else unwrapped(self._wrapping, row.subject, row.wrapped_key)
            for row in rows
        }
        for subject in subjects:
            if subject not in ciphers:
                raise KeyMissing(subject)
            self._cache.put(subject, ciphers[subject], epoch=epoch)
        return ciphers


def keyring_check(engine: AsyncEngine) -> Callable[[], Awaitable[None]]:
    """A readiness check; it fails with the database's error while the table is not available."""
    return table_check(engine, keys)

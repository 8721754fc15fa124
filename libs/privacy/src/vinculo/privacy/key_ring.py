"""The key ring creates, uses and destroys the data keys of persons.

A person has a key whose id is the person's, and can have further ones for data that may concern
another person and can be destroyed alone. Keys are stored encrypted under the key-encryption key,
each bound to its id. Rows are never deleted; destroying a key clears `wrapped_key`.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
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
from vinculo.privacy.envelopes import (
    EnvelopeRefused,
    decrypt_envelope,
    encrypt_envelope,
    key_id_of,
)

metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    Column("key_id", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False, index=True),
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


def new_wrapped_key(wrapping_cipher: AESGCM, key_id: UUID) -> bytes:
    """A random data key, encrypted."""
    nonce = os.urandom(NONCE_BYTES)
    data_key = AESGCM.generate_key(bit_length=KEY_BYTES * 8)
    return nonce + wrapping_cipher.encrypt(nonce, data_key, key_id.bytes)


def unwrapped(wrapping_cipher: AESGCM, key_id: UUID, wrapped_key: bytes) -> AESGCM:
    """The cipher of an encrypted data key.

    Raises:
        KeyUnreadable: the key cannot be decrypted.

    """
    nonce, ciphertext = wrapped_key[:NONCE_BYTES], wrapped_key[NONCE_BYTES:]
    try:
        return AESGCM(wrapping_cipher.decrypt(nonce, ciphertext, key_id.bytes))
    except (InvalidTag, ValueError):
        raise KeyUnreadable(f"the key {key_id} cannot be decrypted") from None


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key of a person; `cipher` is None once it is destroyed, which never changes."""

    subject: UUID
    cipher: AESGCM | None


class KeyCache:
    """Data keys by id. A person's own key has the id of the person.

    A database read that began before `forget` may end after it, and must not put the key back. So
    `put` has the epoch at which the read began, and is ignored if `forget` was called since.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[UUID, tuple[float, DataKey]] = OrderedDict()
        self._further_ids: dict[UUID, set[UUID]] = {}
        self.epoch = 0

    def get(self, key_id: UUID) -> DataKey | None:
        """The key; None if it is not cached."""
        entry = self._entries.get(key_id)
        if entry is None:
            return None
        expires_at, key = entry
        if self._clock() >= expires_at:
            self._remove(key_id)
            return None
        return key

    def put(self, key_id: UUID, key: DataKey, *, epoch: int) -> None:
        if epoch != self.epoch:
            return
        self._entries[key_id] = (self._clock() + MAX_CACHE_SECONDS, key)
        self._entries.move_to_end(key_id)
        if key_id != key.subject:
            self._further_ids.setdefault(key.subject, set()).add(key_id)
        while len(self._entries) > MAX_CACHED_KEYS:
            self._remove(next(iter(self._entries)))

    def forget(self, name: UUID) -> None:
        """Remove the key with this id, and all keys of the person with this id."""
        self.epoch += 1
        for key_id in {name, *self._further_ids.get(name, ())}:
            self._remove(key_id)

    def _remove(self, key_id: UUID) -> None:
        _, key = self._entries.pop(key_id, (0.0, None))
        if key is None or key_id == key.subject:
            return
        further = self._further_ids[key.subject]
        further.remove(key_id)
        if not further:
            del self._further_ids[key.subject]


class KeyMissing(Exception):
    """The key has no row: an error to retry, never an erasure.

    If a key ring is restored from a backup without the newest rows, people must not appear erased.
    """

    def __init__(self, key_id: UUID) -> None:
        super().__init__(f"no key {key_id}")
        self.key_id = key_id


class KeyDestroyed(Exception):
    """Nothing can be encrypted with the key any more, and an erased person gets no further one."""

    def __init__(self, key_id: UUID) -> None:
        super().__init__(f"the key {key_id} is destroyed")
        self.key_id = key_id


async def _unchecked() -> None:
    """The key ring is used whatever the erasure ledger says."""


class KeyRing:
    """`require_current` is that of `LedgerCheck`: it raises while the key ring is outdated.

    It is called before keys are created or used, not before they are destroyed.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        key_encryption_key: bytes,
        *,
        require_current: Callable[[], Awaitable[None]] = _unchecked,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if len(key_encryption_key) != KEY_BYTES:
            raise ValueError(f"the key-encryption key must have {KEY_BYTES} bytes")
        self._engine = engine
        self._require_current = require_current
        self._wrapping = AESGCM(key_encryption_key)
        self._cache = KeyCache(clock)

    async def create_key(self, subject: UUID, key_id: UUID | None = None) -> None:
        """Create and commit a key for the person: by default their own, or a further one.

        Idempotent. The person's own key is locked while a further one is added, so that none is
        added beside an erasure.

        Raises:
            KeyMissing: the person of a further key has no key of their own.
            KeyDestroyed: the person is erased.

        """
        await self._require_current()
        new_id = subject if key_id is None else key_id
        own = select(keys.c.destroyed_at).where(keys.c.key_id == subject)
        statement = insert(keys).values(
            key_id=new_id,
            subject=subject,
            wrapped_key=new_wrapped_key(self._wrapping, new_id),
        )
        async with self._engine.begin() as connection:
            if new_id == subject:
                await connection.execute(statement.on_conflict_do_nothing())
            row = (await connection.execute(own.with_for_update(read=True))).one_or_none()
            if row is None:
                raise KeyMissing(subject)
            if row.destroyed_at is not None:
                raise KeyDestroyed(subject)
            if new_id != subject:
                await connection.execute(statement.on_conflict_do_nothing())

    async def encrypt(
        self, subject: UUID, event_id: UUID, plain: dict[str, Any], *, key_id: UUID | None = None
    ) -> dict[str, Any]:
        """The envelope of a plain personal part, by default with the person's own key.

        Raises:
            KeyMissing, KeyUnreadable: the key is not available.
            KeyDestroyed: the key is destroyed.
            EnvelopeRefused: the key belongs to another person.

        """
        used = subject if key_id is None else key_id
        cipher = _cipher_for(subject, (await self._keys([used]))[used])
        if cipher is None:
            raise KeyDestroyed(used)
        return encrypt_envelope(cipher, used, event_id, plain)

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

        The part of a destroyed key is `ERASED`. Needs one query at most.

        Raises:
            KeyMissing, KeyUnreadable: a key is not available.
            EnvelopeRefused: an envelope is not valid, or its key belongs to another person.

        """
        key_ids = [key_id_of(envelope) for _, _, envelope in sealed]
        found = await self._keys(key_ids)
        return [
            ERASED if cipher is None else decrypt_envelope(cipher, key_id, event_id, envelope)
            for (subject, event_id, envelope), key_id in zip(sealed, key_ids, strict=True)
            for cipher in (_cipher_for(subject, found[key_id]),)
        ]

    async def destroy_key(self, name: UUID) -> datetime:
        """Destroy a key irrevocably, a person's own with all their further ones. Idempotent.

        Returns when it was destroyed.

        Raises:
            KeyMissing: there is no such key.

        """
        destroy = (
            update(keys)
            .where(keys.c.destroyed_at.is_(None))
            .values(wrapped_key=None, destroyed_at=func.clock_timestamp())
        )
        async with self._engine.begin() as connection:
            # The first statement waits for a further key that is being added, the second finds it.
            await connection.execute(destroy.where(keys.c.key_id == name))
            await connection.execute(destroy.where(keys.c.subject == name))
            destroyed_at: datetime | None = await connection.scalar(
                select(keys.c.destroyed_at).where(keys.c.key_id == name)
            )
        self.forget(name)
        if destroyed_at is None:
            raise KeyMissing(name)
        return destroyed_at

    def forget(self, name: UUID) -> None:
        """Remove a key, or all of a person, from the cache, as every service does on an erasure."""
        self._cache.forget(name)

    async def is_destroyed(self, key_id: UUID) -> bool:
        """Whether the key is destroyed.

        Raises:
            KeyMissing, KeyUnreadable: the key is not available.

        """
        return (await self._keys([key_id]))[key_id].cipher is None

    async def _keys(self, key_ids: Iterable[UUID]) -> dict[UUID, DataKey]:
        await self._require_current()
        known: dict[UUID, DataKey] = {}
        unknown: list[UUID] = []
        for key_id in dict.fromkeys(key_ids):
            key = self._cache.get(key_id)
            if key is None:
                unknown.append(key_id)
            else:
                known[key_id] = key
        if unknown:
            known |= await self._read(unknown)
        return known

    async def _read(self, key_ids: list[UUID]) -> dict[UUID, DataKey]:
        epoch = self._cache.epoch
        statement = select(
            keys.c.key_id, keys.c.subject, keys.c.wrapped_key, keys.c.destroyed_at
        ).where(keys.c.key_id == any_(bindparam("key_ids", key_ids, type_=ARRAY(Uuid))))
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement)).all()
        found = {
            row.key_id: DataKey(
                row.subject,
                None
                if row.destroyed_at is not None
                else unwrapped(self._wrapping, row.key_id, row.wrapped_key),
            )
            for row in rows
        }
        for key_id in key_ids:
            if key_id not in found:
                raise KeyMissing(key_id)
            self._cache.put(key_id, found[key_id], epoch=epoch)
        return found


@dataclass(frozen=True, slots=True)
class FurtherKey:
    """Encrypts with a further key of a person in place of their own."""

    ring: KeyRing
    key_id: UUID

    async def encrypt(self, subject: UUID, event_id: UUID, plain: dict[str, Any]) -> dict[str, Any]:
        """As `KeyRing.encrypt`."""
        return await self.ring.encrypt(subject, event_id, plain, key_id=self.key_id)


def _cipher_for(subject: UUID, key: DataKey) -> AESGCM | None:
    if key.subject != subject:
        raise EnvelopeRefused("made for another person")
    return key.cipher


def keyring_check(engine: AsyncEngine) -> Callable[[], Awaitable[None]]:
    """A readiness check; it fails with the database's error while the table is not available."""
    return table_check(engine, keys)

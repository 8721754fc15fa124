"""People's keys, made and committed many at a time: a commit each would take most of the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.privacy.key_wrapping import new_wrapped_key, unwrapped
from vinculo.privacy.tables import keys

COLUMNS = ("subject", "wrapped_key", "created_at", "destroyed_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose key it is, and since when there is none any more."""

    person_id: UUID
    registered_at: datetime
    erased_at: datetime | None


class NewKeys:
    def __init__(self, keyring: "asyncpg.Connection[asyncpg.Record]", wrapping_key: bytes) -> None:
        self._keyring = keyring
        self._wrapping = AESGCM(wrapping_key)

    async def commit(self, owners: Sequence[Owner]) -> list[AESGCM]:
        """In the key ring before anything is sealed. An erased person's row holds no key."""
        ciphers, rows = [], []
        for owner in owners:
            wrapped = new_wrapped_key(self._wrapping, owner.person_id)
            ciphers.append(unwrapped(self._wrapping, owner.person_id, wrapped))
            kept = wrapped if owner.erased_at is None else None
            rows.append((owner.person_id, kept, owner.registered_at, owner.erased_at))
        await self._keyring.copy_records_to_table(keys.name, records=rows, columns=COLUMNS)
        return ciphers

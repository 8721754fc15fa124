"""Whether a document is registered: told to nobody, to a few askers in the hour, or to all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from vinculo.eventstore import PostgresEventStore
from vinculo.httpapi.rate_limits import Quota, RateLimiter
from vinculo.onboarding.storage.accounts import find_by_document
from vinculo.onboarding.storage.identity_reservations import hash_identity
from vinculo.privacy import keyed_hash
from vinculo.values.identity_documents import Identity

WINDOW: Final = timedelta(hours=1)


class DuplicateHint(StrEnum):
    NEVER = "never"
    LIMITED = "limited"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChecks:
    store: PostgresEventStore
    rate_limiter: RateLimiter
    hint: DuplicateHint
    checks_per_hour: int
    hash_key: bytes
    clock: Callable[[], datetime]

    async def registered(self, identity: Identity, address: str) -> bool | None:
        """None where it is not told. Raises RateLimited.

        A document that can be taken over is free: whoever registers it will have it.
        """
        if self.hint is DuplicateHint.NEVER:
            return None
        if self.hint is DuplicateHint.LIMITED:
            key = keyed_hash(self.hash_key, "document-check", address)
            quota = Quota(self.checks_per_hour, WINDOW)
            await self.rate_limiter.hit(key, (quota,), self.clock())
        async with self.store.engine.connect() as connection:
            holder = await find_by_document(connection, hash_identity(self.hash_key, identity))
        return holder is not None and not holder.may_be_taken_over

"""Whether a document is registered: told to nobody, to a few askers in the hour, or to all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from vinculo.eventstore import PostgresEventStore
from vinculo.onboarding.accounts.counted_tries import Allowance, CountedTries
from vinculo.onboarding.storage.accounts import find_by_document
from vinculo.onboarding.storage.identity_reservations import hash_identity
from vinculo.privacy import keyed_hash
from vinculo.values.identity_documents import Identity

PERIOD: Final = timedelta(hours=1)


class DuplicateHint(StrEnum):
    NEVER = "never"
    LIMITED = "limited"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChecks:
    store: PostgresEventStore
    tries: CountedTries
    hint: DuplicateHint
    tries_an_hour: int
    hash_key: bytes
    clock: Callable[[], datetime]

    async def registered(self, identity: Identity, address: str) -> bool | None:
        """None where it is not told. Raises TooManyAttempts.

        A document that can be taken over is free: whoever registers it will have it.
        """
        if self.hint is DuplicateHint.NEVER:
            return None
        if self.hint is DuplicateHint.LIMITED:
            counter = keyed_hash(self.hash_key, "document-check", address)
            allowance = Allowance(self.tries_an_hour, PERIOD)
            await self.tries.count(counter, (allowance,), self.clock())
        async with self.store.engine.connect() as connection:
            holder = await find_by_document(connection, hash_identity(self.hash_key, identity))
        return holder is not None and not holder.may_be_taken_over

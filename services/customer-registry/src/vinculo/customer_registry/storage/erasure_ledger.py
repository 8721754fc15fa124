"""Adds erasures to the erasure ledger."""

from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import read_store_epoch
from vinculo.privacy import (
    ErasureLedger,
    KeyRingOutdatedError,
    LedgerUnavailableError,
    record_erasures,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRecorder:
    """Without a ledger nothing is recorded."""

    database: AsyncEngine
    keyring: AsyncEngine
    ledger: ErasureLedger | None

    async def record(self) -> int:
        """Add the destroyed keys that the ledger lacks; how many.

        Raises:
            KeyRingOutdatedError: erasures must be reapplied first.
            LedgerUnavailableError: the ledger cannot be reached.

        """
        if self.ledger is None:
            return 0
        async with self.database.connect() as connection:
            epoch = await read_store_epoch(connection)
        return await record_erasures(self.keyring, self.ledger, epoch)

    async def record_if_possible(self) -> None:
        """As `record`, without an error: the periodic job adds what is left."""
        try:
            await self.record()
        except (KeyRingOutdatedError, LedgerUnavailableError) as error:
            log.warning("erasure-not-recorded-yet", error=str(error))

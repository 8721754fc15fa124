"""Refuses a key ring that is older than the erasure ledger, until the erasures are reapplied."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.privacy.erasure_ledger import ErasureLedger, LedgerUnavailableError
from vinculo.privacy.recorded_erasures import (
    KeyRingOutdatedError,
    last_recorded_position,
    missing_erasures,
)

RECHECK_SECONDS: Final = 60
RETRY_SECONDS: Final = 2

log = structlog.get_logger()


class LedgerCheck:
    """One per process. The first check compares everything, later ones what the ring may lack.

    A check of a key ring that was current runs beside its users. If the ledger cannot be read
    then, the verdict stays; a process that has none yet refuses.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        ledger: ErasureLedger | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._clock = clock
        self._lock = asyncio.Lock()
        self._is_current = ledger is None
        self._outstanding = 0
        self._due_at = math.inf if ledger is None else -math.inf
        self._checking: asyncio.Task[None] | None = None

    async def require_current(self) -> None:
        """Return if the key ring has every erasure of the ledger.

        Raises:
            KeyRingOutdatedError: erasures are missing.
            LedgerUnavailableError: the ledger was not read yet, and cannot be reached.

        """
        if self._is_current:
            if self._clock() >= self._due_at and (self._checking is None or self._checking.done()):
                self._checking = asyncio.create_task(self._check_again())
            return
        async with self._lock:
            if not self._is_current and self._clock() >= self._due_at:
                self._due_at = self._clock() + RETRY_SECONDS
                await self._check(after=0)
        if self._outstanding:
            raise KeyRingOutdatedError(self._outstanding)
        if not self._is_current:
            raise LedgerUnavailableError("the erasure ledger was not read yet")

    async def _check_again(self) -> None:
        self._due_at = self._clock() + RECHECK_SECONDS
        try:
            async with self._engine.connect() as connection:
                after = await last_recorded_position(connection)
            await self._check(after=after)
        except Exception as error:  # noqa: BLE001 - users of the key ring see its own errors
            log.warning("erasure-ledger-not-read", error=type(error).__name__)

    async def _check(self, *, after: int) -> None:
        entries = [] if self._ledger is None else await self._ledger.entries(after=after)
        async with self._engine.connect() as connection:
            missing = await missing_erasures(connection, entries)
        self._outstanding = len(missing)
        self._is_current = not missing
        if missing:
            self._due_at = self._clock() + RETRY_SECONDS
            log.error(
                "key-ring-outdated",
                count=len(missing),
                error="run python -m vinculo.customer_registry reapply-erasures",
            )
        else:
            self._due_at = self._clock() + RECHECK_SECONDS

"""Reports a rebuild's progress: printed, and stored for other processes.

`generations list` and the projector's metrics read the stored progress. Its time is the rebuild's
heartbeat; without one for two minutes the generation is dropped as abandoned.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final, TypeAlias

from vinculo.process import PeriodicJob
from vinculo.query_api.generations import record_heartbeat
from vinculo.query_api.mongo import Database

INTERVAL_SECONDS: Final = 5.0

Print: TypeAlias = Callable[[str], None]
"""Prints one line for the operator."""


class RebuildProgress:
    def __init__(
        self, database: Database, generation: str, clock: Callable[[], datetime], output: Print
    ) -> None:
        self._database = database
        self._generation = generation
        self._clock = clock
        self._print = output
        self._started_at = self._printed_at = time.monotonic()
        self._read = self._total = 0
        self._step = "reading the log"

    async def report_read(self, read: int, total: int) -> None:
        """Called after every batch; prints every few seconds, and at the end."""
        self._read, self._total = read, total
        now = time.monotonic()
        if now - self._printed_at < INTERVAL_SECONDS and read < total:
            return
        self._printed_at = now
        speed = read / max(now - self._started_at, 0.001)
        self._print(f"{read:,} of {total:,} records, {speed:,.0f} a second")
        await self._store()

    async def report_step(self, step: str) -> None:
        self._step = step
        self._print(step)
        await self._store()

    def note(self, line: str) -> None:
        """Print a line that is no step."""
        self._print(line)

    @asynccontextmanager
    async def heartbeat(self) -> AsyncIterator[None]:
        """Store the progress every few seconds, during long steps too."""
        job = PeriodicJob(
            name="rebuild-heartbeat", work=self._store, interval_seconds=INTERVAL_SECONDS
        )
        task = asyncio.create_task(job.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _store(self) -> None:
        await record_heartbeat(
            self._database,
            self._generation,
            self._clock(),
            step=self._step,
            read=self._read,
            total=self._total,
        )

"""How far a rebuild is: said to whoever runs it, and noted where all others can look.

`generations list` and the projector's metrics read the note. Its moment says that the rebuild is
alive, also while one long step gives no news; without it the generation would be dropped.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from pymongo.errors import PyMongoError

from vinculo.query_api import generations
from vinculo.query_api.mongo import Database

BEAT_EVERY_SECONDS: Final = 5.0

Say = Callable[[str], None]


class RebuildProgress:
    def __init__(
        self, database: Database, generation: str, clock: Callable[[], datetime], say: Say
    ) -> None:
        self._database = database
        self._generation = generation
        self._clock = clock
        self._say = say
        self._begun = self._told = time.monotonic()
        self._read = self._total = 0
        self._step = "reading the log"

    async def read(self, read: int, total: int) -> None:
        """Told of every batch; tells every few seconds, and at the end."""
        self._read, self._total = read, total
        now = time.monotonic()
        if now - self._told < BEAT_EVERY_SECONDS and read < total:
            return
        self._told = now
        speed = read / max(now - self._begun, 0.001)
        self._say(f"{read:,} of {total:,} records, {speed:,.0f} a second")
        await self._note()

    async def step(self, step: str) -> None:
        self._step = step
        self._say(step)
        await self._note()

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Note it every few seconds, whatever goes on inside."""
        task = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _beat(self) -> None:
        while True:
            with suppress(PyMongoError):  # the rebuild itself meets what lasts
                await self._note()
            await asyncio.sleep(BEAT_EVERY_SECONDS)

    async def _note(self) -> None:
        await generations.beat(
            self._database,
            self._generation,
            self._clock(),
            step=self._step,
            read=self._read,
            total=self._total,
        )

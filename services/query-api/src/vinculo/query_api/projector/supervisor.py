"""One projector for every served generation, for as long as the generation exists.

The read model may hold a kept generation beside the active one; without a projector, erasures would
not reach it. A generation that is being loaded belongs to its rebuild. When the rebuild died, the
generation is dropped, for the same reason.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from pymongo.errors import PyMongoError

from vinculo.messaging import safe_reason
from vinculo.query_api.generations import (
    Generation,
    GenerationState,
    drop_generation,
    generations,
)
from vinculo.query_api.mongo import Database
from vinculo.query_api.projector.consumer import ProjectorConsumer

CHECK_INTERVAL_SECONDS: Final = 1.0
STUCK_AFTER_SECONDS: Final = 60.0

log: Final = structlog.get_logger()


class StuckError(Exception):
    """A projector has not polled for a minute; it is replaced."""

    def __init__(self, generation: str) -> None:
        super().__init__(f"the projector of generation {generation} is stuck")


class Supervisor:
    """`on_check` is called with all generations whenever they have been read."""

    def __init__(
        self,
        database: Database,
        make_projector: Callable[[str], ProjectorConsumer],
        clock: Callable[[], datetime],
        on_check: Callable[[Sequence[Generation]], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._make_projector = make_projector
        self._clock = clock
        self._on_check = on_check
        self._running: dict[str, tuple[ProjectorConsumer, asyncio.Task[None]]] = {}
        self._abandoned: set[asyncio.Task[None]] = set()
        """Cancelled ones that may not end; the checkpoints belong to those that replaced them."""

    async def run(self) -> None:
        """Run until cancelled. A projector that fails or does not poll any more is replaced."""
        try:
            while True:
                await self._check_generations()
                await asyncio.sleep(CHECK_INTERVAL_SECONDS)
        finally:
            await self._stop(list(self._running))

    async def check(self) -> None:
        """Readiness: raise unless projectors are running."""
        if not self._running:
            raise LookupError("no generation of the read model to project into")
        if stuck := self._stuck():
            raise StuckError(stuck[0])

    async def _check_generations(self) -> None:
        try:
            found = await generations(self._database)
            await self._drop_abandoned(found)
        except PyMongoError as error:
            log.warning("generations-not-read", error=safe_reason(error))
            return
        self._on_check(found)
        served = {each.name for each in found if each.state is GenerationState.SERVED}
        await self._stop([name for name in self._running if name not in served])
        for name in sorted(served - set(self._running), key=int):
            projector = self._make_projector(name)
            self._running[name] = (projector, asyncio.create_task(projector.run()))
            log.info("projector-started", generation=name)
        for name, (_, task) in list(self._running.items()):
            if task.done():
                del self._running[name]
                if (failure := task.exception()) is not None:
                    log.error("projector-failed", generation=name, exc_info=failure)
        for name in self._stuck():
            log.error("projector-stuck", generation=name)
            _, task = self._running.pop(name)
            task.cancel()
            self._abandoned.add(task)
            task.add_done_callback(self._abandoned.discard)

    async def _drop_abandoned(self, found: list[Generation]) -> None:
        for each in found:
            if each.state is GenerationState.LOADING and each.is_abandoned(self._clock()):
                log.warning("abandoned-rebuild-dropped", generation=each.name)
                await drop_generation(self._database, each.name)

    def _stuck(self) -> list[str]:
        latest = time.monotonic() - STUCK_AFTER_SECONDS
        return [name for name, (each, _) in self._running.items() if each.last_poll_at < latest]

    async def _stop(self, names: list[str]) -> None:
        tasks = [self._running.pop(name)[1] for name in names]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

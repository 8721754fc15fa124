"""One projector for every generation that is served, as long as it is there.

The read model may hold more than one generation: the active one, one that is kept to go back to.
Each has its own projector until it is dropped, or an erasure would not reach it. A generation that
is loading is its rebuild's own; one whose rebuild died is dropped, for the same reason.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from pymongo.errors import PyMongoError

from vinculo.messaging import safe_reason
from vinculo.query_api.generations import Generation, State, drop, generations
from vinculo.query_api.mongo import Database
from vinculo.query_api.projection.projector import Projector

LOOK_EVERY_SECONDS: Final = 1.0
ABANDONED_AFTER: Final = timedelta(minutes=2)
STUCK_AFTER_SECONDS: Final = 60.0

log: Final = structlog.get_logger()


class StuckError(Exception):
    """A projector's loop no longer goes round: end the process, and have it started again."""

    def __init__(self, generation: str) -> None:
        super().__init__(f"the projector of generation {generation} is stuck")


class Supervisor:
    def __init__(
        self,
        database: Database,
        make_projector: Callable[[str], Projector],
        clock: Callable[[], datetime],
        on_look: Callable[[Sequence[Generation]], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._make_projector = make_projector
        self._clock = clock
        self._on_look = on_look
        self._running: dict[str, tuple[Projector, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Run until cancelled; raise what a projector raises, and StuckError."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        finally:
            await self._stop(list(self._running))

    async def check(self) -> None:
        """Raise unless a projector goes round."""
        if not self._running:
            raise LookupError("no generation of the read model to project into")
        self._check_stuck()

    async def _look(self) -> None:
        try:
            found = await generations(self._database)
            await self._drop_abandoned(found)
        except PyMongoError as error:
            log.warning("generations not read", error=safe_reason(error))
            return
        self._on_look(found)
        served = {each.name for each in found if each.state is State.SERVED}
        await self._stop([name for name in self._running if name not in served])
        for name in sorted(served - set(self._running), key=int):
            projector = self._make_projector(name)
            self._running[name] = (projector, asyncio.create_task(projector.run()))
            log.info("projecting", generation=name)
        for name, (_, task) in list(self._running.items()):
            if task.done():
                del self._running[name]
                task.result()
        self._check_stuck()

    async def _drop_abandoned(self, found: list[Generation]) -> None:
        for each in found:
            if each.state is State.LOADING and is_abandoned(each, self._clock()):
                log.warning("dropping an abandoned rebuild", generation=each.name)
                await drop(self._database, each.name)

    def _check_stuck(self) -> None:
        for name, (projector, _) in self._running.items():
            if time.monotonic() - projector.looped_at > STUCK_AFTER_SECONDS:
                raise StuckError(name)

    async def _stop(self, names: list[str]) -> None:
        tasks = [self._running.pop(name)[1] for name in names]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def is_abandoned(generation: Generation, now: datetime) -> bool:
    return generation.beat_at is not None and now - generation.beat_at > ABANDONED_AFTER

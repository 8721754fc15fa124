"""Keeping processes running: a crashed one is started again, later each time."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import SIGKILL

from vinculo.local.child import Child
from vinculo.local.program import Program, StartFailedError
from vinculo.local.progress import Report, Step

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
CALM_SECONDS = 60.0
STOP_SECONDS = 8.0


class Supervisor:
    """Holds the running children by name.

    A child is watched until it is stopped or killed through here. One told to crash
    (`VINCULO_CRASH_AT`) is not started again: a test waits for its death.
    """

    def __init__(
        self,
        make_program: Callable[[str, Mapping[str, str]], Program],
        log_path: Callable[[str], Path],
        *,
        report: Report,
        inherited: Sequence[int],
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        self._stop_seconds = stop_seconds
        self._make_program = make_program
        self._log_path = log_path
        self._report = report
        self._inherited = inherited
        self._children: dict[str, Child] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}

    async def start(self, name: str, environment: Mapping[str, str]) -> None:
        """Start it and wait until it is ready; `StartFailedError` says where its log is.

        One told to crash may do so before it is ready.
        """
        if name in self._children and self._children[name].is_running:
            raise StartFailedError(f"{name} is running already")
        child = self._launch(name, environment)
        is_to_crash = "VINCULO_CRASH_AT" in child.program.environment
        if not is_to_crash:
            self._watchers[name] = asyncio.create_task(self._watch(name, environment))
        try:
            await child.wait_until_ready()
        except StartFailedError:
            if not is_to_crash or child.return_code != -SIGKILL:
                raise
        else:
            self._report(name, Step.READY)

    async def stop(self, name: str) -> None:
        self._unwatch(name)
        if name in self._children:
            await self._children[name].stop(timeout_seconds=self._stop_seconds)

    async def kill(self, name: str) -> None:
        self._unwatch(name)
        child = self._children[name]
        child.kill()
        await child.ended()

    async def ended(self, name: str) -> int:
        return await self._children[name].ended()

    def is_running(self, name: str) -> bool:
        return name in self._children and self._children[name].is_running

    async def stop_all(self) -> None:
        await asyncio.gather(*(self.stop(name) for name in self._children))

    def _launch(self, name: str, environment: Mapping[str, str]) -> Child:
        program = self._make_program(name, environment)
        child = Child(program, self._log_path(name), inherited=self._inherited)
        self._children[name] = child
        self._report(name, Step.STARTING)
        child.start()
        return child

    def _unwatch(self, name: str) -> None:
        watcher = self._watchers.pop(name, None)
        if watcher is not None:
            watcher.cancel()

    async def _watch(self, name: str, environment: Mapping[str, str]) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = loop.time()
            code = await self._children[name].ended()
            if loop.time() - began > CALM_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            log = self._log_path(name)
            self._report(name, Step.RESTARTED, f"ended with code {code}, see {log}")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            self._launch(name, environment)

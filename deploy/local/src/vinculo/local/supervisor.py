"""Starts child processes, restarts those that crash with growing delays, and reports progress."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from signal import SIGKILL
from typing import Protocol

from vinculo.local.process import ChildProcess
from vinculo.local.process_spec import ProcessSpec, StartFailedError

INITIAL_BACKOFF_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 30.0
STABLE_AFTER_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 8.0
CRASH_SETTING = "VINCULO_CRASH_AT"


class StartStep(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    RESTARTED = "restarted"


class ProgressReporter(Protocol):
    """Called from the event loop and, during downloads, from other threads."""

    def __call__(self, name: str, step: StartStep, detail: str = "") -> None: ...


def ignore_progress(name: str, step: StartStep, detail: str = "") -> None:
    del name, step, detail


class Supervisor:
    """The running child processes by name.

    A child that exits without `stop` or `kill` is restarted. A child with a crash point
    (`VINCULO_CRASH_AT`) is not, because a test waits for its exit.
    """

    def __init__(
        self,
        make_spec: Callable[[str, Mapping[str, str]], ProcessSpec],
        log_path: Callable[[str], Path],
        *,
        report: ProgressReporter,
        inherited_fds: Sequence[int],
        stop_timeout_seconds: float = STOP_TIMEOUT_SECONDS,
    ) -> None:
        self._make_spec = make_spec
        self._log_path = log_path
        self._report = report
        self._inherited_fds = inherited_fds
        self._stop_timeout_seconds = stop_timeout_seconds
        self._children: dict[str, ChildProcess] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}

    async def start(self, name: str, environment: Mapping[str, str]) -> None:
        """Start the process and wait until it is ready.

        Raises `StartFailedError` with the log's path. A process with a crash point may be killed
        before it is ready.
        """
        if name in self._children and self._children[name].is_running:
            raise StartFailedError(f"{name} is already running")
        child = self._launch(name, environment)
        has_crash_point = CRASH_SETTING in child.spec.environment
        if not has_crash_point:
            self._watchers[name] = asyncio.create_task(self._watch(name, environment))
        try:
            await child.wait_until_ready()
        except StartFailedError:
            if not has_crash_point or child.return_code != -SIGKILL:
                raise
        else:
            self._report(name, StartStep.READY)

    async def stop(self, name: str) -> None:
        self._unwatch(name)
        if name in self._children:
            await self._children[name].stop(timeout_seconds=self._stop_timeout_seconds)

    async def kill(self, name: str) -> None:
        self._unwatch(name)
        child = self._children[name]
        child.kill()
        await child.wait_for_exit()
        await child.end_group()

    async def wait_for_exit(self, name: str) -> int:
        return await self._children[name].wait_for_exit()

    def is_running(self, name: str) -> bool:
        return name in self._children and self._children[name].is_running

    async def stop_all(self) -> None:
        await asyncio.gather(*(self.stop(name) for name in self._children))

    def _launch(self, name: str, environment: Mapping[str, str]) -> ChildProcess:
        spec = self._make_spec(name, environment)
        child = ChildProcess(spec, self._log_path(name), inherited_fds=self._inherited_fds)
        self._children[name] = child
        self._report(name, StartStep.STARTING)
        child.start()
        return child

    def _unwatch(self, name: str) -> None:
        watcher = self._watchers.pop(name, None)
        if watcher is not None:
            watcher.cancel()

    async def _watch(self, name: str, environment: Mapping[str, str]) -> None:
        loop = asyncio.get_running_loop()
        backoff = INITIAL_BACKOFF_SECONDS
        while True:
            started_at = loop.time()
            code = await self._children[name].wait_for_exit()
            await self._children[name].end_group()
            if loop.time() - started_at > STABLE_AFTER_SECONDS:
                backoff = INITIAL_BACKOFF_SECONDS
            log = self._log_path(name)
            self._report(name, StartStep.RESTARTED, f"exited with code {code}, see {log}")
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, MAX_BACKOFF_SECONDS)
            self._launch(name, environment)


async def start_concurrently(starts: Iterable[Coroutine[None, None, None]]) -> None:
    """Await all; after a failure cancel the rest and raise one `StartFailedError` for all."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for start in starts:
                tasks.create_task(start)
    except ExceptionGroup as group:
        # Not `except*`: before Python 3.11.4 an exception raised there stays wrapped in a group.
        failed, others = group.split(StartFailedError)
        if failed is None or others is not None:
            raise
        raise StartFailedError("\n".join(map(str, failed.exceptions))) from group

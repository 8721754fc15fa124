"""The lock that says a system is running, and for how long: while any of its processes lives."""

import asyncio
import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from vinculo.local.program import StartFailedError

FILE = "lock"
PAUSE_SECONDS = 0.1


class AlreadyUpError(Exception):
    """Another process holds this system."""


class SystemLock:
    """An flock on `lock` in the system's folder, which holds the owner's process id.

    Children inherit the descriptor, so the lock is free only when the last of them has ended: a
    killed owner's children are waited for, and nothing needs a pid file.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        if self._descriptor is None:
            raise RuntimeError("The lock is not held")
        return self._descriptor

    async def acquire(self, *, wait_seconds: float = 30) -> None:
        """Take it; `AlreadyUpError` when its owner lives, waits while its children die."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_seconds
        while not self._try():
            if owner_of(self.path) is not None:
                raise AlreadyUpError
            if loop.time() > deadline:
                left = ", ".join(map(str, processes_of(self.path)))
                raise StartFailedError(
                    f"processes of an earlier start do not end ({left}); run vinculo down"
                )
            await asyncio.sleep(PAUSE_SECONDS)
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)

    def _try(self) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Tell whether anything of the system lives."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def owner_of(path: Path) -> int | None:
    """Give the process that started the system while it lives and still holds the lock's file."""
    try:
        owner = int(path.read_text(encoding="ascii") or "0")
    except (FileNotFoundError, ValueError):
        return None
    return owner if owner in processes_of(path) else None


def processes_of(path: Path) -> list[int]:
    """Give the living processes that have the lock's file open: the owner and its children."""
    wanted = str(path.resolve())
    processes = Path("/proc").glob("[0-9]*")
    return [int(process.name) for process in processes if wanted in _files_of(process)]


async def end_all(path: Path, *, grace_seconds: float = 45) -> None:
    """Ask the owner to stop the system and wait until nothing of it lives; then use force."""
    loop = asyncio.get_running_loop()
    owner = owner_of(path)
    for number, patience in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 10.0)):
        # An owner ends its children in order; orphans are told one by one.
        told = [owner] if owner is not None and number is signal.SIGTERM else processes_of(path)
        for process in told:
            _signal(process, number)
        deadline = loop.time() + patience
        while _lives(path, owner) and loop.time() < deadline:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(PAUSE_SECONDS)
        if not _lives(path, owner):
            return
    raise StartFailedError(f"processes {processes_of(path)} do not end")


def _lives(path: Path, owner: int | None) -> bool:
    """The owner frees the lock a moment before it has ended."""
    return is_held(path) or (owner is not None and not _has_ended(owner))


def _has_ended(process: int) -> bool:
    """One that only waits for its parent to take note has ended too."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    return state.rpartition(")")[2].split()[0] == "Z"


def _signal(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return


def _files_of(process: Path) -> set[str]:
    """Give what it has open; nothing of a process that has ended or is somebody else's."""
    opened: set[str] = set()
    with suppress(OSError):
        links = list((process / "fd").iterdir())
        for link in links:
            opened |= _target_of(link)
    return opened


def _target_of(link: Path) -> set[str]:
    try:
        return {str(link.readlink())}
    except OSError:  # closed meanwhile
        return set()

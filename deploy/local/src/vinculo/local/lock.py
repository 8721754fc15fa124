"""The lock of a running system: held as long as any of its processes lives."""

import asyncio
import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from vinculo.local.process_spec import StartFailedError

LOCK_FILE = "lock"
POLL_SECONDS = 0.1
FORCED_STOP_SECONDS = 10.0


class AlreadyRunningError(Exception):
    """Another process owns this system."""


class SystemLock:
    """An flock on the file `lock` in the system's folder; the file contains the owner's pid.

    Children inherit the descriptor, so the lock is free only after the last of them has exited.
    Children of a killed owner are waited for, without any pid files.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / LOCK_FILE
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        if self._descriptor is None:
            raise RuntimeError("The lock is not acquired")
        return self._descriptor

    async def acquire(self, *, timeout_seconds: float = 30) -> None:
        """Wait while children of a dead owner exit.

        Raises `AlreadyRunningError` when the owner lives, `StartFailedError` after the timeout.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        while not self._try_acquire():
            if owner_pid(self.path) is not None:
                raise AlreadyRunningError
            if loop.time() > deadline:
                left = ", ".join(map(str, locking_pids(self.path)))
                raise StartFailedError(
                    f"processes of an earlier start are still running ({left}); run vinculo down"
                )
            await asyncio.sleep(POLL_SECONDS)
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)

    def _try_acquire(self) -> bool:
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


def is_locked(path: Path) -> bool:
    """Whether any process of the system lives."""
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


def owner_pid(path: Path) -> int | None:
    """The process that started the system, while it lives and has the lock file open."""
    try:
        owner = int(path.read_text(encoding="ascii") or "0")
    except (FileNotFoundError, ValueError):
        return None
    return owner if owner in locking_pids(path) else None


def locking_pids(path: Path) -> list[int]:
    """The living processes that have the lock file open: the owner and its children."""
    lock_file = str(path.resolve())
    processes = Path("/proc").glob("[0-9]*")
    return [int(process.name) for process in processes if lock_file in _open_files(process)]


async def terminate_all(path: Path, *, timeout_seconds: float = 45) -> None:
    """Terminate the owner and wait until every process has exited; then kill what is left.

    Raises `StartFailedError` when processes survive that.
    """
    loop = asyncio.get_running_loop()
    owner = owner_pid(path)
    for number, timeout in (
        (signal.SIGTERM, timeout_seconds),
        (signal.SIGKILL, FORCED_STOP_SECONDS),
    ):
        # A living owner stops its children in order; without one each child gets the signal.
        pids = [owner] if owner and number is signal.SIGTERM else locking_pids(path)
        for pid in pids:
            _signal(pid, number)
        deadline = loop.time() + timeout
        while _is_alive(path, owner) and loop.time() < deadline:  # noqa: ASYNC110  # no event for it
            await asyncio.sleep(POLL_SECONDS)
        if not _is_alive(path, owner):
            return
    raise StartFailedError(f"processes {locking_pids(path)} do not exit")


def _is_alive(path: Path, owner: int | None) -> bool:
    """The owner releases the lock shortly before it exits, so both are checked."""
    return is_locked(path) or (owner is not None and not _has_exited(owner))


def _has_exited(pid: int) -> bool:
    """A zombie has exited too."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    return state.rpartition(")")[2].split()[0] == "Z"


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _open_files(process: Path) -> set[str]:
    """Empty for a process that has exited or belongs to another user."""
    targets: set[str] = set()
    with suppress(OSError):
        for link in list((process / "fd").iterdir()):
            targets |= _target_of(link)
    return targets


def _target_of(link: Path) -> set[str]:
    try:
        return {str(link.readlink())}
    except OSError:  # closed meanwhile
        return set()

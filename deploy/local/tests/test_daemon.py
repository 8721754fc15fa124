"""A system started in the background: it is stopped from outside and leaves no process behind."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path

import pytest

from vinculo.local.daemon import start_daemon, stop_daemon
from vinculo.local.lock import SystemLock, is_locked, locking_pids, owner_pid
from vinculo.local.ports import free_ports, is_free
from vinculo.local.services import SERVICE_PROCESSES
from vinculo.local.state import running_environment
from vinculo.local.supervisor import ignore_progress
from vinculo.testing.waiting import eventually

from .stub_system import STUB_DAEMON

pytestmark = pytest.mark.servers


def start_in_background(folder: Path) -> int:
    """The gateway's port."""
    [port] = free_ports(["gateway"]).values()
    assert start_daemon(folder, port=port, report=ignore_progress, command=STUB_DAEMON)
    return port


async def test_a_background_system_is_started_once_and_stopped_from_outside(
    tmp_path: Path,
) -> None:
    port = start_in_background(tmp_path)
    environment = running_environment(tmp_path)
    assert environment is not None
    assert environment["VINCULO_PUBLIC_URL"] == f"http://127.0.0.1:{port}"
    assert not start_daemon(tmp_path, port=port, report=ignore_progress, command=STUB_DAEMON)

    assert await stop_daemon(tmp_path)
    assert running_environment(tmp_path) is None
    assert is_free(port)
    assert not await stop_daemon(tmp_path)


async def test_all_children_of_a_killed_daemon_exit(tmp_path: Path) -> None:
    port = start_in_background(tmp_path)
    owner = owner_pid(tmp_path / "lock")
    assert owner is not None
    os.kill(owner, signal.SIGKILL)

    await eventually(lambda: not is_locked(tmp_path / "lock"))
    assert is_free(port)
    start_in_background(tmp_path)
    assert await stop_daemon(tmp_path)


async def test_a_signal_during_startup_stops_everything(tmp_path: Path) -> None:
    [port] = free_ports(["gateway"]).values()
    daemon = subprocess.Popen(  # noqa: ASYNC220, S603  # watched from outside, as by a shell
        [*STUB_DAEMON, str(tmp_path), str(port)],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "VINCULO_CRASH_AT": "never-ready"},
    )
    await eventually(lambda: len(locking_pids(tmp_path / "lock")) > len(SERVICE_PROCESSES))
    daemon.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(daemon.wait, 20) == 1
    assert locking_pids(tmp_path / "lock") == []


async def test_stopping_ends_processes_that_lost_their_daemon(tmp_path: Path) -> None:
    lock = SystemLock(tmp_path)
    await lock.acquire()
    orphan = subprocess.Popen(  # noqa: ASYNC220  # like a service whose daemon was killed
        ["sleep", "600"],  # noqa: S607
        pass_fds=(lock.descriptor,),
    )
    lock.release()
    assert is_locked(tmp_path / "lock")
    assert owner_pid(tmp_path / "lock") is None

    assert await stop_daemon(tmp_path)
    assert orphan.wait() == -signal.SIGTERM

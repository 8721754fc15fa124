"""A whole system of stand-ins on the real servers: what stops, stops; what crashes, comes back."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import pytest_asyncio

from vinculo.local import background
from vinculo.local.lock import AlreadyUpError, SystemLock, is_held, owner_of, processes_of
from vinculo.local.members import PROCESSES
from vinculo.local.ports import free_ports, is_free
from vinculo.local.program import StartFailedError
from vinculo.local.progress import Step
from vinculo.local.running import environment_of
from vinculo.local.stack_file import StackFile
from vinculo.local.status import states
from vinculo.local.system import System
from vinculo.testing.eventually import eventually

from .stub_system import OWNER, STUBS

pytestmark = pytest.mark.servers


def ask(url: str) -> dict[str, object]:
    with urlopen(url, timeout=5) as answer:  # noqa: S310  # our own address
        return dict(json.load(answer))


def show(name: str, step: Step, detail: str) -> None:
    del name, step, detail


@pytest_asyncio.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    made = System(tmp_path, commands=STUBS, environment={"VINCULO_SESSION_TIMEOUT_MS": "2000"})
    await made.start()
    yield made
    await made.stop()


async def test_every_service_is_reached_through_the_gateway(system: System) -> None:
    names = {
        str(ask(f"{system.url}{path}")["name"])
        for path in ("/onboarding/v1/x", "/documents/v1/x", "/registry/v1/x", "/query/v1/x")
    }
    assert names == {"onboarding-api", "documents-api", "customer-registry-api", "query-api"}


async def test_every_process_is_shown_as_ready(system: System, tmp_path: Path) -> None:
    shown = {name: state for name, _, state in await states(tmp_path)}
    assert {shown[process.name] for process in PROCESSES} == {"ready"}
    assert shown["gateway"] == "ready"
    assert system.is_running("query-exporter")


async def test_a_second_start_in_the_same_folder_is_refused(system: System, tmp_path: Path) -> None:
    with pytest.raises(AlreadyUpError):
        await System(tmp_path, commands=STUBS).start()
    assert ask(f"{system.url}/query/v1/x")["name"] == "query-api"


async def test_a_crashed_service_is_started_again(system: System) -> None:
    before = int(str(ask(f"{system.url}/onboarding/v1/x")["pid"]))
    os.kill(before, signal.SIGKILL)

    async def is_another() -> bool:
        try:
            return ask(f"{system.url}/onboarding/v1/x")["pid"] != before
        except OSError:
            return False

    await eventually(is_another)


async def test_a_killed_process_stays_down_until_it_is_started(system: System) -> None:
    await system.kill("onboarding-worker")
    assert not system.is_running("onboarding-worker")
    await system.start_process("onboarding-worker")
    assert system.is_running("onboarding-worker")


async def test_a_restart_gives_a_process_further_settings(system: System) -> None:
    await system.restart("onboarding-api", {"VINCULO_CRASH_AT": "relay-after-produce"})
    settings = ask(f"{system.url}/onboarding/v1/x")["settings"]
    assert settings == {
        "VINCULO_CRASH_AT": "relay-after-produce",
        "VINCULO_SESSION_TIMEOUT_MS": "2000",
        "VINCULO_TOPIC_PREFIX": "",
    }


async def test_a_process_told_to_crash_is_not_started_again(system: System) -> None:
    with pytest.raises(StartFailedError, match="VINCULO_KAFKA is missing"):
        await system.restart("query-projector", {"VINCULO_CRASH_AT": "refuse-to-start"})
    assert await system.ended("query-projector") == 78
    assert not system.is_running("query-projector")


async def test_a_process_told_to_crash_may_do_so_before_it_is_ready(system: System) -> None:
    await system.restart("onboarding-worker", {"VINCULO_CRASH_AT": "at-once"})
    assert await system.ended("onboarding-worker") == -signal.SIGKILL
    await system.start_process("onboarding-worker")
    assert system.is_running("onboarding-worker")


async def test_a_failed_start_names_the_log_and_leaves_nothing(tmp_path: Path) -> None:
    crash = {"VINCULO_CRASH_AT": "refuse-to-start"}
    with pytest.raises(StartFailedError, match=r"logs/[a-z-]+\.log"):
        await System(tmp_path, commands=STUBS, environment=crash).start()
    assert not is_held(tmp_path / "lock")
    assert processes_of(tmp_path / "lock") == []


async def test_a_stop_leaves_no_process_and_no_port(tmp_path: Path) -> None:
    system = System(tmp_path, commands=STUBS)
    await system.start()
    assert len(processes_of(tmp_path / "lock")) > len(PROCESSES)
    await system.stop()
    assert processes_of(tmp_path / "lock") == []
    assert all(is_free(port) for port in StackFile(tmp_path).ports.values())


async def test_ports_and_secrets_are_kept_from_one_start_to_the_next(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        system = System(tmp_path, commands=STUBS)
        await system.start()
        seen.append(system.environment)
        await system.stop()
    assert seen[0] == seen[1]
    assert (tmp_path / "stack.json").stat().st_mode & 0o777 == 0o600


def in_background(folder: Path) -> int:
    [port] = free_ports(["gateway"]).values()
    assert background.start(folder, port=port, show=show, owner_command=OWNER)
    return port


async def test_a_background_start_lives_on_and_is_stopped_from_outside(tmp_path: Path) -> None:
    port = in_background(tmp_path)
    environment = environment_of(tmp_path)
    assert environment is not None
    assert environment["VINCULO_PUBLIC_URL"] == f"http://127.0.0.1:{port}"
    assert not background.start(tmp_path, port=port, show=show, owner_command=OWNER)

    assert await background.stop(tmp_path)
    assert environment_of(tmp_path) is None
    assert is_free(port)
    assert not await background.stop(tmp_path)


async def test_a_killed_owner_takes_everything_with_it(tmp_path: Path) -> None:
    port = in_background(tmp_path)
    owner = owner_of(tmp_path / "lock")
    assert owner is not None
    os.kill(owner, signal.SIGKILL)

    await eventually(lambda: not is_held(tmp_path / "lock"))
    assert is_free(port)
    in_background(tmp_path)
    assert await background.stop(tmp_path)


async def test_an_interrupt_while_starting_leaves_nothing(tmp_path: Path) -> None:
    [port] = free_ports(["gateway"]).values()
    owner = subprocess.Popen(  # noqa: ASYNC220, S603  # watched from outside, like a shell does
        [*OWNER, str(tmp_path), str(port)],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "VINCULO_CRASH_AT": "never-ready"},
    )
    await eventually(lambda: len(processes_of(tmp_path / "lock")) > len(PROCESSES))
    owner.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(owner.wait, 20) == 1
    assert processes_of(tmp_path / "lock") == []


async def test_down_ends_what_an_owner_left_behind(tmp_path: Path) -> None:
    lock = SystemLock(tmp_path)
    await lock.acquire()
    orphan = subprocess.Popen(  # noqa: ASYNC220  # like a service that lost its owner
        ["sleep", "600"],  # noqa: S607
        pass_fds=(lock.descriptor,),
    )
    lock.release()
    assert is_held(tmp_path / "lock")
    assert owner_of(tmp_path / "lock") is None

    assert await background.stop(tmp_path)
    assert orphan.wait() == -signal.SIGTERM

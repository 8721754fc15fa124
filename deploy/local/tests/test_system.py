"""A system of stub services on the real servers: start, restart after a crash, stop."""

import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import pytest_asyncio

from vinculo.local.lock import AlreadyRunningError, is_locked, locking_pids
from vinculo.local.ports import is_free
from vinculo.local.process_spec import StartFailedError
from vinculo.local.services import SERVICE_PROCESSES
from vinculo.local.state import StackState, component_states
from vinculo.local.system import System
from vinculo.testing.waiting import eventually

from .stub_system import STUB_COMMANDS

pytestmark = pytest.mark.servers


def get_json(url: str) -> dict[str, object]:
    with urlopen(url, timeout=30) as response:  # noqa: S310  # our own address
        return dict(json.load(response))


@pytest_asyncio.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    running = System(
        tmp_path, commands=STUB_COMMANDS, environment={"VINCULO_SESSION_TIMEOUT_MS": "2000"}
    )
    await running.start()
    yield running
    await running.stop()


async def test_every_service_is_reached_through_the_gateway(system: System) -> None:
    names = {
        str(get_json(f"{system.url}{path}")["name"])
        for path in ("/onboarding/v1/x", "/documents/v1/x", "/registry/v1/x", "/query/v1/x")
    }
    assert names == {"onboarding-api", "documents-api", "customer-registry-api", "query-api"}


async def test_the_status_shows_every_process_as_ready(system: System, tmp_path: Path) -> None:
    states_by_name = {name: state for name, _, state in await component_states(tmp_path)}
    assert {states_by_name[process.name] for process in SERVICE_PROCESSES} == {"ready"}
    assert states_by_name["gateway"] == "ready"
    assert system.is_running("query-exporter")


async def test_a_second_start_in_the_same_folder_is_refused(system: System, tmp_path: Path) -> None:
    with pytest.raises(AlreadyRunningError):
        await System(tmp_path, commands=STUB_COMMANDS).start()
    assert get_json(f"{system.url}/query/v1/x")["name"] == "query-api"


async def test_a_crashed_service_is_restarted(system: System) -> None:
    before = int(str(get_json(f"{system.url}/onboarding/v1/x")["pid"]))
    os.kill(before, signal.SIGKILL)

    async def is_another_process() -> bool:
        try:
            return get_json(f"{system.url}/onboarding/v1/x")["pid"] != before
        except OSError:
            return False

    await eventually(is_another_process)


async def test_a_killed_process_is_not_restarted(system: System) -> None:
    await system.kill("onboarding-worker")
    assert not system.is_running("onboarding-worker")
    await system.start_process("onboarding-worker")
    assert system.is_running("onboarding-worker")


async def test_a_restart_can_add_settings(system: System) -> None:
    await system.restart("onboarding-api", {"VINCULO_CRASH_AT": "relay-after-produce"})
    settings = get_json(f"{system.url}/onboarding/v1/x")["settings"]
    assert settings == {
        "VINCULO_CRASH_AT": "relay-after-produce",
        "VINCULO_SESSION_TIMEOUT_MS": "2000",
        "VINCULO_TOPIC_PREFIX": "",
    }


async def test_a_process_with_a_crash_point_is_not_restarted(system: System) -> None:
    with pytest.raises(StartFailedError, match="VINCULO_KAFKA is missing"):
        await system.restart("query-projector", {"VINCULO_CRASH_AT": "refuse-to-start"})
    assert await system.wait_for_exit("query-projector") == 78
    assert not system.is_running("query-projector")


async def test_a_process_with_a_crash_point_may_crash_before_it_is_ready(system: System) -> None:
    await system.restart("onboarding-worker", {"VINCULO_CRASH_AT": "at-once"})
    assert await system.wait_for_exit("onboarding-worker") == -signal.SIGKILL
    await system.start_process("onboarding-worker")
    assert system.is_running("onboarding-worker")


async def test_a_failed_start_names_the_log_and_stops_everything(tmp_path: Path) -> None:
    crash = {"VINCULO_CRASH_AT": "refuse-to-start"}
    with pytest.raises(StartFailedError, match=r"logs/[a-z-]+\.log"):
        await System(tmp_path, commands=STUB_COMMANDS, environment=crash).start()
    assert not is_locked(tmp_path / "lock")
    assert locking_pids(tmp_path / "lock") == []


async def test_stopping_leaves_no_process_and_no_used_port(tmp_path: Path) -> None:
    system = System(tmp_path, commands=STUB_COMMANDS)
    await system.start()
    assert len(locking_pids(tmp_path / "lock")) > len(SERVICE_PROCESSES)
    await system.stop()
    assert locking_pids(tmp_path / "lock") == []
    assert all(is_free(port) for port in StackState(tmp_path).ports.values())


async def test_ports_and_secrets_survive_a_restart(tmp_path: Path) -> None:
    environments = []
    for _ in range(2):
        system = System(tmp_path, commands=STUB_COMMANDS)
        await system.start()
        environments.append(system.environment)
        await system.stop()
    assert environments[0] == environments[1]
    assert (tmp_path / "stack.json").stat().st_mode & 0o777 == 0o600

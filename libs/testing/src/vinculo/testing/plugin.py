"""The pytest plugin: starts the servers once, in the controlling process, and has the fixtures.

It also fails a test in which a service responds with a problem that its document does not list, and
has Hypothesis assert no times.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from vinculo.httpapi.exception_handlers import problem_observers
from vinculo.httpapi.testing import record_undeclared_problem, undeclared_problems
from vinculo.local.process_spec import StartFailedError
from vinculo.testing.fixtures import (
    bucket,
    databases,
    eventually_,
    kafka,
    mail,
    make_topics,
    mongo_url,
    new_database,
    new_shared_system,
    new_system,
    topic_prefix,
    used_prefixes,
)
from vinculo.testing.servers_for_tests import ServersForTests

__all__ = [
    "bucket",
    "databases",
    "eventually_",
    "kafka",
    "mail",
    "make_topics",
    "mongo_url",
    "new_database",
    "new_shared_system",
    "new_system",
    "topic_prefix",
    "used_prefixes",
]

SERVERS = pytest.StashKey[ServersForTests]()
FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """With xdist start the servers now: its workers inherit the addresses and collect later."""
    settings.register_profile(
        "without-times", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("without-times")
    problem_observers.append(record_undeclared_problem)
    distributed = config.getoption("dist", "no") != "no"
    expression = config.getoption("markexpr", "") or ""
    if distributed and not is_worker(config) and "not servers" not in expression:
        start_servers(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Without xdist start the servers if a selected test needs them."""
    config = session.config
    if is_worker(config) or SERVERS in config.stash or config.option.collectonly:
        return
    if any(item.get_closest_marker("servers") for item in session.items):
        start_servers(config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Let the test run; what its services did not declare fails it."""
    undeclared_problems.clear()
    result = yield
    assert undeclared_problems == []  # noqa: S101 - a test's assertion
    return result


def pytest_unconfigure(config: pytest.Config) -> None:
    problem_observers.remove(record_undeclared_problem)
    if SERVERS in config.stash:
        asyncio.run(config.stash[SERVERS].stop())
        shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def start_servers(config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="vinculo-test-"))
    servers = ServersForTests(folder)
    config.stash[FOLDER] = folder
    config.stash[SERVERS] = servers
    reporter = config.pluginmanager.get_plugin("terminalreporter")

    def report(line: str) -> None:
        if reporter is not None:
            reporter.write_line(line)

    try:
        addresses = asyncio.run(servers.start(report))
    except (StartFailedError, OSError) as error:
        pytest.exit(f"The servers cannot be started: {error}", returncode=3)
    os.environ.update(addresses.environment())

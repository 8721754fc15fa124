"""The pytest plugin: starts the servers once, in the controlling process; gives the fixtures."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

import pytest

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

RUNNING = pytest.StashKey[ServersForTests]()
FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """With workers, start now, so that they inherit the addresses; they alone collect."""
    distributed = config.getoption("dist", "no") != "no"
    expression = config.getoption("markexpr", "") or ""
    if distributed and not is_worker(config) and "not servers" not in expression:
        start_servers(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Without workers, start when some test that was not deselected wants servers."""
    config = session.config
    if is_worker(config) or RUNNING in config.stash or config.option.collectonly:
        return
    if any(item.get_closest_marker("servers") for item in session.items):
        start_servers(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if RUNNING in config.stash:
        asyncio.run(config.stash[RUNNING].stop())
        shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def start_servers(config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="vinculo-test-"))
    servers = ServersForTests(folder)
    config.stash[FOLDER] = folder
    config.stash[RUNNING] = servers
    reporter = config.pluginmanager.get_plugin("terminalreporter")

    def say(sentence: str) -> None:
        if reporter is not None:
            reporter.write_line(sentence)

    try:
        addresses = asyncio.run(servers.start(say))
    except (StartFailedError, OSError) as failure:
        pytest.exit(f"The servers cannot be started: {failure}", returncode=3)
    os.environ.update(addresses.environment())

"""Operators' commands use the settings of the system that runs in this folder."""

import fcntl
import json
import os
from pathlib import Path

import pytest

from vinculo.process.running_stack import adopt_running_stack

NAME, OTHER = "VINCULO_TEST_ADDRESS", "VINCULO_TEST_SECRET"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a system, from two folders above the working directory."""
    directory = tmp_path / ".vinculo"
    directory.mkdir()
    content = {"ports": {}, "environment": {NAME: "stack", OTHER: "stack"}}
    (directory / "stack.json").write_text(json.dumps(content))
    (directory / "lock").touch()
    inner = tmp_path / "services" / "onboarding"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    for name in (NAME, OTHER):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return directory


def test_the_settings_of_a_running_system_are_adopted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "own")
    with (folder / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        adopt_running_stack()

    assert (os.environ[NAME], os.environ[OTHER]) == ("own", "stack")


def test_a_system_that_does_not_run_is_ignored(folder: Path) -> None:
    assert folder.exists()

    adopt_running_stack()

    assert NAME not in os.environ


def test_without_a_system_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)

    adopt_running_stack()

    assert dict(os.environ) == before

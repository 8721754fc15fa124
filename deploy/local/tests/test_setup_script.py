"""The script that makes the environment, apart from what it downloads."""

import fcntl
import importlib.util
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from vinculo.local.paths import ROOT

SCRIPT = ROOT / "deploy" / "setup.py"


@pytest.fixture
def setup(tmp_path: Path) -> ModuleType:
    """Give the script as a module of a checkout in which nothing is set up."""
    found = importlib.util.spec_from_file_location("vinculo_setup", SCRIPT)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    for name in ("pyproject.toml", "requirements.lock", "libs/one/pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n")
    for name, value in {
        "ROOT": tmp_path,
        "VENV": tmp_path / ".venv",
        "LOCK": tmp_path / "requirements.lock",
        "READY": tmp_path / ".venv" / "ready",
        "STATE": tmp_path / ".vinculo",
        "PYTHON": Path(sys.executable),
    }.items():
        setattr(module, name, value)
    (tmp_path / ".venv").mkdir()
    return module


def test_what_was_set_up_is_known_by_checkout_python_lock_and_members(
    setup: ModuleType, tmp_path: Path
) -> None:
    before = setup.fingerprint()
    assert before["checkout"] == str(tmp_path)
    (tmp_path / "libs" / "one" / "pyproject.toml").write_text("# a new dependency\n")
    (tmp_path / "requirements.lock").write_text("# another version\n")
    after = setup.fingerprint()
    assert {name for name in before if before[name] != after[name]} == {"lock", "members"}


def test_nothing_is_done_when_all_is_ready(setup: ModuleType, tmp_path: Path) -> None:
    setup.READY.write_text(json.dumps(setup.fingerprint()))
    setup.set_up()
    assert [path.name for path in (tmp_path / ".venv").iterdir()] == ["ready"]


@pytest.mark.parametrize("content", ["", "{", "null", "[]"])
def test_a_broken_mark_counts_as_none(setup: ModuleType, content: str) -> None:
    setup.READY.write_text(content)
    assert setup.read_ready() == {}


def test_the_lock_pins_uv_with_its_hashes(setup: ModuleType) -> None:
    found = setup.UV_IN_LOCK.search((ROOT / "requirements.lock").read_text())
    assert found is not None
    assert found.group(0).count("--hash=sha256:") >= 1
    assert found.group(0).startswith(f"uv=={found.group(1)} ")


def test_a_lock_without_uv_is_refused(setup: ModuleType) -> None:
    with pytest.raises(setup.CannotSetUpError, match=r"requirements\.lock does not name uv"):
        setup.install_uv({})


def test_settings_of_a_foreign_python_do_not_come_through(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    monkeypatch.setenv("SSL_CERT_FILE", "/my/own.crt")
    surroundings = setup.surroundings()
    assert not surroundings.keys() & {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME"}
    assert surroundings["SSL_CERT_FILE"] == "/my/own.crt"


def test_without_a_home_the_cache_is_in_the_checkout(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/nowhere")
    assert setup.surroundings()["XDG_CACHE_HOME"] == str(setup.STATE / "cache")


def test_where_pip_looks_is_told_to_uv(setup: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\n"
        "index-url = https://packages.example/simple\n"
        "extra-index-url = https://more.example/simple\n"
        f"find-links = {tmp_path / 'wheels'} {tmp_path / 'missing'}\n"
    )
    environment = {"PIP_CONFIG_FILE": str(settings), "HOME": str(tmp_path), "PATH": "/usr/bin"}
    assert setup.indexes_of_pip(environment) == {
        "UV_DEFAULT_INDEX": "https://packages.example/simple",
        "UV_INDEX": "https://more.example/simple",
        "UV_FIND_LINKS": str(tmp_path / "wheels"),
    }


def test_a_failed_step_says_what_and_what_helps(setup: ModuleType) -> None:
    with pytest.raises(
        setup.CannotSetUpError, match=r"uv could not be installed .* run make again"
    ):
        setup.run(["false"], dict(os.environ), "uv")


def test_two_set_ups_wait_for_each_other(setup: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("w") as first, path.open("w") as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        waiting = threading.Thread(target=setup.wait_for, args=(second,))
        waiting.start()
        fcntl.flock(first, fcntl.LOCK_UN)
        waiting.join(10)
        assert not waiting.is_alive()


def test_an_old_python_is_named_with_the_command_that_helps(tmp_path: Path) -> None:
    program = (
        "import runpy, sys\n"
        "sys.version_info = (3, 9, 2)\n"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\n"
    )
    tried = subprocess.run(  # noqa: S603  # this Python
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
    )
    assert tried.returncode == 1
    assert "3.11 or newer is needed; try: apt-get install python3.11" in tried.stderr

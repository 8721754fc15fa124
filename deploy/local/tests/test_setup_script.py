"""The script that creates the virtual environment, without its downloads."""

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
    """The script as a module, in a checkout without an environment."""
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
        "STAMP": tmp_path / ".venv" / "ready",
        "STATE": tmp_path / ".vinculo",
        "PYTHON": Path(sys.executable),
    }.items():
        setattr(module, name, value)
    (tmp_path / ".venv").mkdir()
    return module


def test_the_fingerprint_depends_on_checkout_python_lock_and_members(
    setup: ModuleType, tmp_path: Path
) -> None:
    before = setup.fingerprint()
    assert before["checkout"] == str(tmp_path)
    (tmp_path / "libs" / "one" / "pyproject.toml").write_text("# a new dependency\n")
    (tmp_path / "requirements.lock").write_text("# another version\n")
    after = setup.fingerprint()
    assert {name for name in before if before[name] != after[name]} == {"lock", "members"}


def test_nothing_is_done_when_the_environment_is_current(setup: ModuleType, tmp_path: Path) -> None:
    setup.STAMP.write_text(json.dumps(setup.fingerprint()))
    setup.set_up()
    assert [path.name for path in (tmp_path / ".venv").iterdir()] == ["ready"]


@pytest.mark.parametrize("content", ["", "{", "null", "[]"])
def test_an_unreadable_stamp_is_ignored(setup: ModuleType, content: str) -> None:
    setup.STAMP.write_text(content)
    assert setup.read_stamp() == {}


def test_the_lock_pins_uv_with_its_hashes(setup: ModuleType) -> None:
    found = setup.UV_IN_LOCK.search((ROOT / "requirements.lock").read_text())
    assert found is not None
    assert found.group(0).count("--hash=sha256:") >= 1
    assert found.group(0).startswith(f"uv=={found.group(1)} ")


def test_a_lock_without_uv_is_an_error(setup: ModuleType) -> None:
    with pytest.raises(setup.SetupError, match=r"requirements\.lock does not contain uv"):
        setup.install_uv({})


def test_variables_of_another_python_are_removed(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    monkeypatch.setenv("SSL_CERT_FILE", "/my/own.crt")
    environment = setup.child_environment()
    assert not environment.keys() & {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME"}
    assert environment["SSL_CERT_FILE"] == "/my/own.crt"


def test_without_a_writable_home_the_cache_is_in_the_checkout(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/nowhere")
    assert setup.child_environment()["XDG_CACHE_HOME"] == str(setup.STATE / "cache")


def test_pip_indexes_are_translated_for_uv(setup: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\n"
        "index-url = https://packages.example/simple\n"
        "extra-index-url = https://more.example/simple\n"
        f"find-links = {tmp_path / 'wheels'} {tmp_path / 'missing'}\n"
    )
    environment = {"PIP_CONFIG_FILE": str(settings), "HOME": str(tmp_path), "PATH": "/usr/bin"}
    assert setup.pip_indexes(environment) == {
        "UV_DEFAULT_INDEX": "https://packages.example/simple",
        "UV_INDEX": "https://more.example/simple",
        "UV_FIND_LINKS": str(tmp_path / "wheels"),
    }


def test_a_failed_step_is_named_with_a_remedy(setup: ModuleType) -> None:
    with pytest.raises(setup.SetupError, match=r"uv could not be installed .* run make again"):
        setup.run(["false"], dict(os.environ), "uv")


def test_concurrent_setups_wait_for_each_other(setup: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("w") as first, path.open("w") as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        waiting = threading.Thread(target=setup.acquire, args=(second,))
        waiting.start()
        fcntl.flock(first, fcntl.LOCK_UN)
        waiting.join(10)
        assert not waiting.is_alive()


def test_an_old_python_is_reported_with_the_command_that_installs_a_new_one(tmp_path: Path) -> None:
    program = (
        "import runpy, sys\n"
        "sys.version_info = (3, 9, 2)\n"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\n"
    )
    result = subprocess.run(  # noqa: S603  # this Python
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
    )
    assert result.returncode == 1
    assert "3.11 or newer is required; try: apt-get install python3.11" in result.stderr

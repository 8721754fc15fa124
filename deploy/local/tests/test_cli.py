"""Output and exit codes of the commands."""

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from vinculo.local.cli import make_app


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(make_app(), ["--help"], env={"COLUMNS": "120"})
    assert result.exit_code == 0
    for command in ("up", "down", "status", "logs", "servers", "demo", "minio"):
        assert f" {command} " in result.output


def test_status_without_a_system_says_how_to_start_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(make_app(), ["status", "--dir", str(tmp_path)])
    assert result.exit_code == 1
    assert "make up" in result.output


def test_down_without_a_system_succeeds(tmp_path: Path) -> None:
    result = CliRunner().invoke(make_app(), ["down", "--dir", str(tmp_path)])
    assert result.exit_code == 0
    assert "was not running" in result.output


def test_logs_prints_the_last_lines(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "kafka.log").write_text("one\ntwo\nthree\n")
    result = CliRunner().invoke(make_app(), ["logs", "kafka", "--dir", str(tmp_path), "-n", "2"])
    assert result.stdout == "two\nthree\n"


def test_an_unknown_log_fails_with_the_names_of_known_logs(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "kafka.log").touch()
    result = subprocess.run(  # noqa: S603  # this Python
        [sys.executable, "-m", "vinculo.local", "logs", "kafak", "--dir", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr == "there is no log of kafak; there are: kafka\n"

"""What the commands print, and how they refuse."""

import io
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from typer.testing import CliRunner

from vinculo.local.commands import application
from vinculo.local.display import StartDisplay
from vinculo.local.progress import Step
from vinculo.local.running import addresses_of


def test_every_command_is_explained() -> None:
    shown = CliRunner().invoke(application(), ["--help"], env={"COLUMNS": "120"})
    assert shown.exit_code == 0
    for command in ("up", "down", "status", "logs", "servers", "demo", "minio"):
        assert f" {command} " in shown.output


def test_status_of_nothing_says_how_to_start(tmp_path: Path) -> None:
    shown = CliRunner().invoke(application(), ["status", "--dir", str(tmp_path)])
    assert shown.exit_code == 1
    assert "make up" in shown.output


def test_down_without_a_system_is_no_error(tmp_path: Path) -> None:
    shown = CliRunner().invoke(application(), ["down", "--dir", str(tmp_path)])
    assert shown.exit_code == 0
    assert "was not running" in shown.output


def test_the_end_of_a_log_is_printed(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "kafka.log").write_text("one\ntwo\nthree\n")
    shown = CliRunner().invoke(application(), ["logs", "kafka", "--dir", str(tmp_path), "-n", "2"])
    assert shown.stdout == "two\nthree\n"


def test_an_unknown_log_is_refused_in_one_line_that_names_the_known(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "kafka.log").touch()
    tried = subprocess.run(  # noqa: S603  # this Python
        [sys.executable, "-m", "vinculo.local", "logs", "kafak", "--dir", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert tried.returncode == 1
    assert tried.stderr == "there is no log of kafak; there are: kafka\n"


def test_without_a_terminal_each_step_is_one_line() -> None:
    written = io.StringIO()
    with StartDisplay(Console(file=written, width=100)) as display:
        display.show("kafka", Step.STARTING)
        display.show("kafka", Step.STARTING, "downloading Kafka, 1 of 46 files")
        display.show("kafka", Step.READY)
    assert written.getvalue().splitlines() == ["… kafka starting", "✓ kafka ready"]


def test_printed_addresses_hold_no_password() -> None:
    shown = addresses_of(
        {
            "VINCULO_PUBLIC_URL": "http://127.0.0.1:8080",
            "VINCULO_POSTGRES_URL": "postgresql://vinculo:secret@127.0.0.1:5432/postgres",
            "VINCULO_S3_SECRET_KEY": "secret",
        }
    )
    assert shown == [
        ("gateway", "http://127.0.0.1:8080"),
        ("PostgreSQL", "postgresql://vinculo:…@127.0.0.1:5432/postgres"),
    ]

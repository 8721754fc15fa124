"""The command line of a service: a command per process, `migrate`, and commands of the service."""

import pytest
import typer
from typer.testing import CliRunner

from vinculo.process import service_command_line


class Service:
    """Records what the commands run."""

    def __init__(self) -> None:
        self.runs: list[object] = []

    def command_line(self) -> typer.Typer:
        def api(host: str, port: int) -> None:
            """Serve the API."""
            self.runs.append(("api", host, port))

        def worker(host: str, port: int) -> None:
            """Consume events."""
            self.runs.append(("worker", host, port))

        async def migrate() -> None:
            """Migrate the database."""
            self.runs.append("migrate")

        return service_command_line(
            description="A service.",
            processes=[("api", api), ("worker", worker)],
            migrate=migrate,
        )


def test_each_process_has_a_command_with_host_and_port() -> None:
    service = Service()

    for arguments in (["api", "--port", "1"], ["worker", "--host", "0.0.0.0", "--port", "2"]):  # noqa: S104 - not bound
        assert CliRunner().invoke(service.command_line(), arguments).exit_code == 0

    assert service.runs == [("api", "127.0.0.1", 1), ("worker", "0.0.0.0", 2)]  # noqa: S104 - not bound


def test_migrate_awaits_the_migration() -> None:
    service = Service()

    assert CliRunner().invoke(service.command_line(), ["migrate"]).exit_code == 0

    assert service.runs == ["migrate"]


def test_a_process_requires_a_port() -> None:
    service = Service()

    result = CliRunner().invoke(service.command_line(), ["api"])

    assert result.exit_code == 2
    assert "--port" in result.output
    assert service.runs == []


def test_help_describes_the_service_and_its_commands() -> None:
    result = CliRunner().invoke(Service().command_line(), ["--help"])

    for text in ("A service.", "Serve the API.", "Consume events.", "Migrate the database."):
        assert text in result.output


def test_a_service_may_add_commands() -> None:
    app = Service().command_line()

    @app.command()
    def extra() -> None:
        typer.echo("done")

    assert CliRunner().invoke(app, ["extra"]).output == "done\n"


def test_only_operators_commands_use_the_running_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    adopted: list[str] = []
    monkeypatch.setattr(
        "vinculo.process.command_line.adopt_running_stack", lambda: adopted.append("adopted")
    )
    command_line = Service().command_line()
    command_line.command(name="report")(lambda: None)

    for arguments in (["migrate"], ["api", "--port", "1"]):
        assert CliRunner().invoke(command_line, arguments).exit_code == 0
    assert adopted == []

    assert CliRunner().invoke(command_line, ["report"]).exit_code == 0
    assert adopted == ["adopted"]

"""The commands on a machine with Docker, which is a stub here: what they run and what they say."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from vinculo.local import cli
from vinculo.local.cli import make_app
from vinculo.local.compose import FOLDER_LABEL, PUBLISHED, compose_up
from vinculo.local.paths import ROOT
from vinculo.local.process_spec import StartFailedError

STUB = Path(__file__).with_name("stub_docker.sh")


def container(service: str, **fields: object) -> dict[str, Any]:
    """What `docker compose ps` says of a healthy container of this folder."""
    port = PUBLISHED.get(service)
    published = 20000 + port if port else 0
    publishers = [{"URL": "127.0.0.1", "TargetPort": port, "PublishedPort": published}]
    return {
        "Name": f"vinculo-{service}-1",
        "Service": service,
        "State": "running",
        "Health": "healthy",
        "ExitCode": 0,
        "Publishers": publishers if port else [],
        "Labels": f"com.docker.compose.oneoff=False,{FOLDER_LABEL}={ROOT},x=y",
        **fields,
    }


RUNNING = [
    *(container(name) for name in (*PUBLISHED, "kafka")),
    container("query-api", Health="starting"),
    container("query-api", Name="vinculo-query-api-2"),
    container("migrate", State="exited", Health=""),
]


class Docker:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.answers(containers=[])

    def answers(
        self,
        *,
        containers: list[dict[str, Any]],
        volumes: str = "",
        plug_in: str = "2.40.3",
        exit_code: int = 0,
    ) -> None:
        lines = "\n".join(json.dumps(each) for each in containers)
        files = {"containers": lines, "volumes": volumes, "compose-version": plug_in}
        for name, content in {**files, "exit-code": str(exit_code), "calls": ""}.items():
            (self._folder / name).write_text(content, encoding="utf-8")

    def calls(self) -> list[str]:
        """What changes something, without the questions."""
        lines = (self._folder / "calls").read_text(encoding="utf-8").splitlines()
        questions = ("info", "compose version", "compose config", "volume ls")
        return [each for each in lines if " ps " not in each and not each.startswith(questions)]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    folder = tmp_path / "stub"
    folder.mkdir()
    (folder / "docker").symlink_to(STUB)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STUB_DOCKER", str(folder))
    monkeypatch.setenv("VINCULO_SECRETS", str(tmp_path / "secrets"))
    monkeypatch.delenv("VINCULO_NATIVE", raising=False)
    monkeypatch.delenv("VINCULO_PORT", raising=False)
    return Docker(folder)


def run(tmp_path: Path, command: str, *arguments: str) -> Result:
    options = ["--dir", str(tmp_path / "native")]
    return CliRunner().invoke(make_app(), [command, *arguments, *options], env={"COLUMNS": "120"})


def test_up_builds_and_waits_with_the_port_and_prints_the_addresses(
    docker: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "compose_addresses", lambda: [("gateway", "http://127.0.0.1:8099")])
    result = run(tmp_path, "up", "--port", "8099")
    assert result.exit_code == 0, result.output
    assert docker.calls() == ["compose up --detach --build --wait port=8099"]
    assert "Vínculo is up." in result.output
    assert "http://127.0.0.1:8099" in result.output
    assert (tmp_path / "secrets" / "postgres_password").exists()


def test_a_running_gateway_keeps_its_port(docker: Docker, tmp_path: Path) -> None:
    docker.answers(containers=RUNNING)
    result = run(tmp_path, "up", "--port", "8099")
    assert docker.calls() == ["compose up --detach --build --wait port=28080"]
    assert "http://127.0.0.1:28080/console/" in result.output
    assert "http://127.0.0.1:28025/" in result.output  # received mails


def test_up_fails_with_compose(docker: Docker, tmp_path: Path) -> None:
    docker.answers(containers=[], exit_code=1)
    with pytest.raises(StartFailedError, match="docker compose up failed"):
        compose_up(8080)
    assert run(tmp_path, "up").exit_code == 1


def test_the_containers_of_another_folder_are_left_alone(docker: Docker, tmp_path: Path) -> None:
    docker.answers(containers=[container("kafka", Labels=f"{FOLDER_LABEL}={ROOT}-2")])
    with pytest.raises(StartFailedError, match="COMPOSE_PROJECT_NAME"):
        compose_up(8080)
    assert "not running" in run(tmp_path, "down", "--volumes").output
    assert run(tmp_path, "status").exit_code == 1
    assert docker.calls() == []


def test_data_without_its_secrets_is_not_used(docker: Docker) -> None:
    docker.answers(containers=[], volumes="vinculo_postgres")
    with pytest.raises(StartFailedError, match="no secrets for it"):
        compose_up(8080)
    assert docker.calls() == []


def test_without_the_plug_in_the_system_starts_without_containers(
    docker: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.answers(containers=[], plug_in="")
    monkeypatch.setattr(cli, "start_daemon", lambda *_, **__: True)
    result = run(tmp_path, "up")
    assert "Docker has no plug-in compose: starting without containers." in result.output
    assert docker.calls() == []


def test_down_says_what_it_did(docker: Docker, tmp_path: Path) -> None:
    docker.answers(containers=RUNNING)
    assert run(tmp_path, "down").output == "Vínculo is down.\n"
    assert docker.calls() == ["compose --profile demo down --remove-orphans port="]
    docker.answers(containers=[])
    assert run(tmp_path, "down").output == "Vínculo was not running.\n"
    assert docker.calls() == []


def test_the_data_of_stopped_containers_is_removed_with_volumes(
    docker: Docker, tmp_path: Path
) -> None:
    (tmp_path / "secrets").mkdir()
    docker.answers(containers=[], volumes="vinculo_postgres")
    run(tmp_path, "down", "--volumes")
    assert docker.calls() == ["compose --profile demo down --remove-orphans --volumes port="]


def test_status_lists_the_containers(docker: Docker, tmp_path: Path) -> None:
    docker.answers(containers=RUNNING)
    result = run(tmp_path, "status")
    assert result.exit_code == 0
    rows = [line.split() for line in result.output.splitlines()]
    assert rows == [
        ["gateway", "127.0.0.1:28080", "ready"],
        ["kafka", "ready"],
        ["mail", "127.0.0.1:28025", "ready"],
        ["migrate", "done"],
        ["query-api", "not", "ready", "(starting)"],
        ["query-api", "2", "ready"],
        ["sms", "127.0.0.1:21026", "ready"],
    ]


def test_logs_are_those_of_the_service(docker: Docker, tmp_path: Path) -> None:
    docker.answers(containers=RUNNING)
    assert run(tmp_path, "logs", "kafka", "-n", "7").exit_code == 0
    assert docker.calls() == ["compose logs --no-log-prefix --tail 7 kafka port="]
    refused = run(tmp_path, "logs", "kafak")
    assert refused.exit_code == 1
    assert "there is no log of kafak; there are: gateway, kafka, mail" in str(refused.exception)


def test_the_demonstration_runs_beside_the_running_containers_and_knows_their_addresses(
    docker: Docker, tmp_path: Path
) -> None:
    docker.answers(containers=RUNNING)
    run(tmp_path, "demo", "--people", "5")
    (call,) = docker.calls()
    assert call.split() == [
        *("compose", "--profile", "demo", "run", "--rm", "--build", "--no-deps"),
        *("--env", "PEOPLE=5"),
        *("--env", "VINCULO_MAIL_PUBLIC_URL=http://127.0.0.1:28025/"),
        *("--env", "VINCULO_SMS_PUBLIC_URL=http://127.0.0.1:21026/messages?to=PHONE"),
        *("demo", "port=28080"),
    ]


def test_a_backup_of_containers_is_refused_with_where_to_look(
    docker: Docker, tmp_path: Path
) -> None:
    docker.answers(containers=RUNNING)
    result = run(tmp_path, "backup", str(tmp_path / "backup"))
    assert "docs/operating/containers.md" in str(result.exception)


def test_secrets_are_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = CliRunner().invoke(make_app(), ["secrets", str(folder)])
    contents = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    (folder / "vinculo_smtp").unlink()
    second = CliRunner().invoke(make_app(), ["secrets", str(folder)])
    assert "onboarding_signing_key" in first.output
    assert second.output == f"{folder}: vinculo_smtp\n"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == contents
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
    password = contents["postgres_password"]
    assert contents["onboarding_database_url"] == (
        f"postgresql://vinculo:{password}@postgres:5432/onboarding"
    )

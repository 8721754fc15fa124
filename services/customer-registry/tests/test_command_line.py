"""The command line: bad settings, bad arguments and migrations."""

import base64
from collections.abc import Mapping

import pytest
from typer.testing import CliRunner

from vinculo.customer_registry.__main__ import app
from vinculo.testing.fixture_types import NewDatabase

from .registry_harness import migrate_registry

KEY = base64.b64encode(b"k" * 32).decode()
ENVIRONMENT = {
    "REGISTRY_DATABASE_URL": "postgresql://no-user@127.0.0.1:1/registry",
    "VINCULO_KEYRING_URL": "postgresql://no-user@127.0.0.1:1/keyring",
    "VINCULO_KEY_ENCRYPTION_KEY": KEY,
    "VINCULO_S3_ACCESS_KEY": "unused",
    "VINCULO_S3_SECRET_KEY": "unused",
    "VINCULO_ERASURES_BUCKET": "",
    "VINCULO_HASH_KEY": KEY,
}


@pytest.mark.parametrize("command", ["worker", "all"])
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"REGISTRY_DATABASE_URL": None}, "REGISTRY_DATABASE_URL: missing"),
        ({"VINCULO_KEY_ENCRYPTION_KEY": "c2hvcnQ="}, "VINCULO_KEY_ENCRYPTION_KEY: "),
        ({"VINCULO_HASH_KEY": "not base64!"}, "VINCULO_HASH_KEY: "),
        ({"VINCULO_TIME_ZONE": "Bogota"}, "VINCULO_TIME_ZONE: "),
        ({"VINCULO_SESSION_TIMEOUT_MS": "soon"}, "VINCULO_SESSION_TIMEOUT_MS: "),
        ({"REGISTRY_POLICIES": "nowhere.toml"}, "REGISTRY_POLICIES: nowhere.toml: No such file"),
    ],
)
def test_a_bad_setting_ends_the_process_with_one_readable_line(
    command: str, change: Mapping[str, str | None], complaint: str
) -> None:
    answer = CliRunner().invoke(app, [command, "--port", "1"], env={**ENVIRONMENT, **change})

    assert answer.exit_code == 78
    assert complaint in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_dead_letter_is_named_by_topic_partition_and_offset() -> None:
    answer = CliRunner().invoke(app, ["dead-letters", "discard", "applications/7"], env=ENVIRONMENT)

    assert answer.exit_code == 2
    assert "TOPIC/PARTITION/OFFSET" in answer.stderr


@pytest.mark.servers
async def test_migrating_twice_changes_nothing(new_database: NewDatabase) -> None:
    url = await new_database(None, "fresh")

    await migrate_registry(url)
    await migrate_registry(url)

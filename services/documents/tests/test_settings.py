import os
import subprocess
import sys

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from vinculo.documents.__main__ import app
from vinculo.documents.settings import Settings

from .service_fixture import KEY

GOOD = {
    "documents_database_url": "postgresql://u:hidden-one@h/d",
    "vinculo_keyring_url": "postgresql://u:hidden-two@h/k",
    "vinculo_key_encryption_key": KEY,
    "vinculo_hash_key": KEY,
    "vinculo_s3_access_key": "a",
    "vinculo_s3_secret_key": "hidden-three",
}


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("VINCULO_", "DOCUMENTS_")):
            monkeypatch.delenv(name)


def test_settings_without_a_secret_have_defaults() -> None:
    settings = Settings.model_validate(GOOD)

    assert settings.documents_bucket == "documents"
    assert settings.documents_max_file_bytes == 20_000_000


@pytest.mark.parametrize("name", GOOD)
def test_a_setting_without_default_is_required(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vinculo_hash_key", "not base64!"),
        ("vinculo_key_encryption_key", "c2hvcnQ="),
        ("vinculo_public_url", "ftp://h"),
        ("vinculo_public_url", "http://h/below"),
        ("vinculo_s3_url", "127.0.0.1:9000"),
        ("documents_bucket", "No Bucket"),
        ("documents_requirements_file", "/does/not/exist.toml"),
        ("documents_max_file_bytes", "0"),
        ("documents_max_file_bytes", "a lot"),
        ("documents_max_open_uploads", "0"),
        ("documents_max_uploads_per_day", "0"),
        ("documents_max_concurrent_screenings", "65"),
        ("documents_screening_timeout_seconds", "0"),
        ("vinculo_session_timeout_ms", "1"),
        ("documents_screening_lease_seconds", "0"),
        ("documents_screening_attempts", "0"),
        ("documents_clamd_url", "127.0.0.1:3310"),
        ("documents_clamd_url", "http://127.0.0.1:3310"),
        ("documents_clamd_url", "unix://clamd.ctl"),
        ("documents_clamd_timeout_seconds", "0"),
    ],
)
def test_a_bad_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({**GOOD, name: value})


def test_secrets_are_not_shown() -> None:
    assert "hidden" not in repr(Settings.model_validate(GOOD))


def run(command: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    path = {"PATH": os.environ["PATH"]}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "vinculo.documents", *command.split()],
        env=path | {name.upper(): value for name, value in environment.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


@pytest.mark.parametrize("command", ["api --port 1", "migrate"])
def test_a_process_with_a_missing_setting_names_it_in_one_line(command: str) -> None:
    process = run(command, {key: GOOD[key] for key in GOOD if key != "vinculo_s3_secret_key"})

    assert process.returncode == 78
    assert process.stderr == "VINCULO_S3_SECRET_KEY: missing\n"


def test_a_dead_letter_is_discarded_only_by_its_full_name() -> None:
    process = CliRunner().invoke(app, ["dead-letters", "discard", "topic/one/2"])

    assert process.exit_code == 2
    assert "TOPIC/PARTITION/OFFSET" in process.output

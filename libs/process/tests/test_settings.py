"""Settings from the environment: shared ones, their types, and the report of invalid values."""

import base64
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from vinculo.process import (
    PublicSettings,
    SecretKeySetting,
    SharedSettings,
    StorageSettings,
    TimeZoneSetting,
    WebOrigin,
    settings_or_exit,
)
from vinculo.process.settings import settings_error_message

KEY = base64.b64encode(b"k" * 32).decode()

time_zone = TypeAdapter[str](TimeZoneSetting)
secret_key: TypeAdapter[SecretKeySetting] = TypeAdapter(SecretKeySetting)
web_origin = TypeAdapter[str](WebOrigin)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="THINGS_")

    database_url: SecretStr
    workers: int = Field(default=2, ge=1)
    kafka: str = Field(default="127.0.0.1:9092", validation_alias="VINCULO_KAFKA")
    hash_key: SecretStr = Field(validation_alias="VINCULO_HASH_KEY")


class ServiceSettings(SharedSettings):
    things_workers: int = 2


@pytest.fixture
def required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VINCULO_KEYRING_URL", "postgresql://keyring")
    monkeypatch.setenv("VINCULO_KEY_ENCRYPTION_KEY", KEY)


def test_valid_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THINGS_DATABASE_URL", "postgresql://a")
    monkeypatch.setenv("VINCULO_HASH_KEY", "k")

    assert settings_or_exit(Settings).workers == 2


def test_invalid_settings_end_the_process_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THINGS_WORKERS", "canary")

    with pytest.raises(SystemExit) as exit_:
        settings_or_exit(Settings)

    assert exit_.value.code == 78
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "THINGS_DATABASE_URL: missing" in message
    assert "THINGS_WORKERS: Input should be a valid integer" in message
    assert "VINCULO_HASH_KEY: missing" in message
    assert "canary" not in message


def test_an_error_without_a_setting_names_the_class() -> None:
    class Pair(BaseSettings):
        first: int

    with pytest.raises(ValidationError) as error:
        Pair.model_validate("not settings")

    assert settings_error_message(Pair, error.value).startswith("PAIR: ")


@pytest.mark.usefixtures("required")
def test_shared_settings_have_defaults_except_for_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THINGS_WORKERS", "5")
    monkeypatch.delenv("VINCULO_KAFKA", raising=False)

    settings = settings_or_exit(ServiceSettings)

    assert settings.things_workers == 5
    assert settings.vinculo_kafka == "127.0.0.1:9092"
    assert settings.vinculo_topic_prefix == ""
    assert settings.vinculo_session_timeout_ms == 10_000
    assert settings.vinculo_key_encryption_key.get_secret_value() == b"k" * 32
    assert settings.time_zone == ZoneInfo("America/Bogota")
    assert KEY not in repr(settings)


def test_settings_that_are_not_in_the_environment_are_read_from_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VINCULO_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("VINCULO_KEYRING_URL", "postgresql://from-the-environment")
    monkeypatch.delenv("VINCULO_KEY_ENCRYPTION_KEY", raising=False)
    (tmp_path / "vinculo_keyring_url").write_text("postgresql://from-a-file")
    (tmp_path / "vinculo_key_encryption_key").write_text(f"{KEY}\n")
    (tmp_path / "of_another_service").write_text("x")

    settings = settings_or_exit(ServiceSettings)

    assert settings.vinculo_keyring_url.get_secret_value() == "postgresql://from-the-environment"
    assert settings.vinculo_key_encryption_key.get_secret_value() == b"k" * 32


@pytest.mark.usefixtures("required")
def test_a_folder_of_secrets_that_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VINCULO_SECRETS_DIR", str(tmp_path / "none"))

    with pytest.raises(SystemExit):
        settings_or_exit(ServiceSettings)

    assert capsys.readouterr().err.startswith("VINCULO_SECRETS_DIR: ")


def test_public_settings_need_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VINCULO_PUBLIC_URL", "https://credito.example/")
    monkeypatch.setenv("VINCULO_TIME_ZONE", "America/Lima")

    settings = settings_or_exit(PublicSettings)

    assert settings.vinculo_public_url == "https://credito.example"
    assert settings.time_zone.key == "America/Lima"


def test_shared_secrets_are_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("VINCULO_KEYRING_URL", "VINCULO_KEY_ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(SystemExit):
        settings_or_exit(ServiceSettings)

    message = capsys.readouterr().err
    assert "VINCULO_KEYRING_URL: missing" in message
    assert "VINCULO_KEY_ENCRYPTION_KEY: missing" in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VINCULO_SESSION_TIMEOUT_MS", "499"),
        ("VINCULO_PUBLIC_URL", "vinculo.example"),
        ("VINCULO_TIME_ZONE", "America/Nowhere"),
        ("VINCULO_KEY_ENCRYPTION_KEY", "c2hvcnQ="),
    ],
)
@pytest.mark.usefixtures("required")
def test_an_invalid_shared_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit):
        settings_or_exit(ServiceSettings)

    message = capsys.readouterr().err
    assert message.startswith(f"{name}: ")
    assert value not in message


def test_storage_settings_have_a_default_url_and_required_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("VINCULO_S3_URL", raising=False)
    monkeypatch.setenv("VINCULO_S3_ACCESS_KEY", "a")
    monkeypatch.setenv("VINCULO_S3_SECRET_KEY", "canary")

    settings = settings_or_exit(StorageSettings)

    assert settings.vinculo_s3_url == "http://127.0.0.1:9000"
    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://vinculo.example", "https://vinculo.example"),
        ("https://vinculo.example/", "https://vinculo.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_a_web_origin_has_no_trailing_slash(url: str, origin: str) -> None:
    assert web_origin.validate_python(url) == origin


@pytest.mark.parametrize("url", ["", "vinculo.example", "ftp://a", "https://", "https://a/path"])
def test_an_invalid_web_origin_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="must be http:// or https://"):
        web_origin.validate_python(url)


def test_a_time_zone_has_an_iana_name() -> None:
    assert time_zone.validate_python("America/Bogota") == "America/Bogota"


@pytest.mark.parametrize("name", ["Bogota", "", "/etc/passwd", "../UTC", "America", "a\0b"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a time zone"):
        time_zone.validate_python(name)


def test_a_secret_key_is_decoded_from_base64() -> None:
    key = secret_key.validate_python(KEY)

    assert key.get_secret_value() == b"k" * 32
    assert "k" * 32 not in repr(key)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("not base64!", "is not base64"),
        ("ñandú", "is not base64"),
        ("", "must be 32 bytes in base64"),
        ("c2hvcnQ=", "must be 32 bytes in base64"),
        (7, "bytes"),
    ],
)
def test_an_invalid_secret_key_is_refused(value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        secret_key.validate_python(value)

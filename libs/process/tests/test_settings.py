import pytest
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from vinculo.process import settings_or_exit
from vinculo.process.settings import settings_error_message


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="THINGS_")

    database_url: SecretStr
    workers: int = Field(default=2, ge=1)
    kafka: str = Field(default="127.0.0.1:9092", validation_alias="VINCULO_KAFKA")
    hash_key: SecretStr = Field(validation_alias="VINCULO_HASH_KEY")


def test_good_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THINGS_DATABASE_URL", "postgresql://a")
    monkeypatch.setenv("VINCULO_HASH_KEY", "k")

    assert settings_or_exit(Settings).workers == 2


def test_a_bad_setting_ends_the_process_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THINGS_WORKERS", "canary")

    with pytest.raises(SystemExit) as ending:
        settings_or_exit(Settings)

    assert ending.value.code == 78
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert "THINGS_DATABASE_URL: missing" in complaint
    assert "THINGS_WORKERS: Input should be a valid integer" in complaint
    assert "VINCULO_HASH_KEY: missing" in complaint
    assert "canary" not in complaint


def test_a_complaint_about_the_whole_names_the_settings() -> None:
    class Pair(BaseSettings):
        first: int

    with pytest.raises(ValidationError) as error:
        Pair.model_validate("not settings")

    assert settings_error_message(Pair, error.value).startswith("PAIR: ")

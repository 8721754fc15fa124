"""Settings are read from the environment, and bad ones reported in one line."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from vinculo.onboarding.forms.fields import LANGUAGES
from vinculo.onboarding.settings import DatabaseSettings, Settings
from vinculo.process import settings_or_exit

from .service_fixture import KEY, SIGNING_KEY

ENVIRONMENT = {
    "ONBOARDING_DATABASE_URL": "postgresql://u:p@127.0.0.1/onboarding",
    "ONBOARDING_SIGNING_KEY": SIGNING_KEY.decode(),
    "VINCULO_KEYRING_URL": "postgresql://u:p@127.0.0.1/keyring",
    "VINCULO_KEY_ENCRYPTION_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "VINCULO_S3_ACCESS_KEY": "unused",
    "VINCULO_S3_SECRET_KEY": "unused",
    "VINCULO_ERASURES_BUCKET": "",
    "VINCULO_LINK_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "VINCULO_HASH_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}
INVALID_DOCUMENT_TYPES = """
[[types]]
country = "CL"
code = "RUN"
names = { NAMES }
example = "12.531.909-2"
pattern = "[1-9][0-9]{5,7}-[0-9K]"
check_digit = "required"
algorithm = "cl.none"
""".replace("NAMES", ", ".join(f'{language} = "RUN"' for language in LANGUAGES))


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("CURRENCIES", "DEDUCTIBLE_PERCENT", "EMPLOYMENT_REFRESH_DAYS", "CREDIT_URL"):
        monkeypatch.delenv(f"ONBOARDING_{name}", raising=False)
    return monkeypatch


def read_settings() -> Settings:
    return Settings(
        onboarding_database_url=SecretStr("postgresql://database"),
        onboarding_signing_key=SecretStr(SIGNING_KEY.decode()),
        onboarding_age_limits={},
        vinculo_keyring_url=SecretStr("postgresql://keyring"),
        vinculo_key_encryption_key=KEY,
        vinculo_link_key=KEY,
        vinculo_hash_key=KEY,
        vinculo_s3_access_key=SecretStr("unused"),
        vinculo_s3_secret_key=SecretStr("unused"),
        vinculo_erasures_bucket="",
    )


def test_settings_are_read_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ONBOARDING_PROJECTS", "default, express, pilot")
    environment.setenv("VINCULO_PUBLIC_URL", "https://vinculo.example/")
    settings = settings_or_exit(Settings)

    assert settings.onboarding_projects == {"default", "express", "pilot"}
    assert settings.vinculo_public_url == "https://vinculo.example"
    assert "0123456789abcdef" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("VINCULO_LINK_KEY", "c2VjcmV0", "must be 32 bytes in base64"),
        ("VINCULO_HASH_KEY", "s3cr3t!", "is not base64"),
        ("ONBOARDING_SIGNING_KEY", "s3cr3t", "is not a private key on P-256 in PEM"),
        ("VINCULO_TIME_ZONE", "Mars/Olympus", "is not a time zone"),
        ("VINCULO_PUBLIC_URL", "vinculo.example", "must be http:// or https://, host and port"),
        ("ONBOARDING_DATABASE_URL", None, "missing"),
    ],
)
def test_a_bad_setting_is_one_readable_line(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str | None,
    complaint: str,
) -> None:
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)

    with pytest.raises(SystemExit) as ended:
        settings_or_exit(Settings)
    said = capsys.readouterr().err
    assert ended.value.code == 78
    assert said.startswith(f"{name}: ")
    assert complaint in said
    assert said.count("\n") == 1
    assert "s3cr3t" not in said


def test_migrating_needs_the_database_only(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("VINCULO_LINK_KEY")

    assert settings_or_exit(DatabaseSettings).onboarding_database_url


@pytest.mark.usefixtures("environment")
def test_colombia_needs_no_settings() -> None:
    settings = read_settings()

    assert settings.onboarding_currencies == {"CO": frozenset({"COP"})}
    assert settings.onboarding_deductible_percent == {"CO": 50}
    assert settings.onboarding_employment_refresh_days == 180
    assert settings.onboarding_credit_url is None


def test_every_setting_can_be_set(plain_environment: pytest.MonkeyPatch) -> None:
    plain_environment.setenv("ONBOARDING_CURRENCIES", "CO:COP, MX:MXN|USD")
    plain_environment.setenv("ONBOARDING_DEDUCTIBLE_PERCENT", "CO:50, express:40")
    plain_environment.setenv("ONBOARDING_CREDIT_URL", "https://credit.example.com/apply")
    settings = read_settings()

    assert settings.onboarding_currencies == {
        "CO": frozenset({"COP"}),
        "MX": frozenset({"MXN", "USD"}),
    }
    assert settings.onboarding_deductible_percent == {"CO": 50, "express": 40}
    assert settings.onboarding_credit_url == "https://credit.example.com/apply"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CURRENCIES", "CO:XXQ"),
        ("CURRENCIES", "COP"),
        ("DEDUCTIBLE_PERCENT", "CO:101"),
        ("DEDUCTIBLE_PERCENT", "CO"),
        ("EMPLOYMENT_REFRESH_DAYS", "0"),
        ("CREDIT_URL", "javascript:alert(1)"),
    ],
)
def test_a_bad_setting_is_refused(
    plain_environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    plain_environment.setenv(f"ONBOARDING_{name}", value)

    with pytest.raises(ValidationError):
        read_settings()


def test_an_invalid_file_of_document_types_ends_the_process_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "types.toml"
    path.write_text(INVALID_DOCUMENT_TYPES, "utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "vinculo.onboarding", "api", "--port", "1"],
        env={
            "ONBOARDING_DOCUMENT_TYPES": str(path),
            "ONBOARDING_AGE_LIMITS": "nowhere:18-60",
        },
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert ended.returncode == 78
    assert "'cl.none' is not an algorithm" in ended.stderr
    assert "ONBOARDING_AGE_LIMITS: Value error, no such project: nowhere" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1

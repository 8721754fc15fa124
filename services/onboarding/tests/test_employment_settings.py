"""What differs by installation in step three, as it is written in the environment."""

import pytest
from pydantic import SecretStr, ValidationError

from vinculo.onboarding.settings import Settings

from .service_under_test import KEY, SIGNING_KEY


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("CURRENCIES", "DEDUCTIBLE_PERCENT", "EMPLOYMENT_REFRESH_DAYS", "CREDIT_URL"):
        monkeypatch.delenv(f"ONBOARDING_{name}", raising=False)
    return monkeypatch


def read() -> Settings:
    return Settings(
        onboarding_database_url=SecretStr("postgresql://database"),
        onboarding_signing_key=SecretStr(SIGNING_KEY.decode()),
        onboarding_age_limits={},
        vinculo_keyring_url=SecretStr("postgresql://keyring"),
        vinculo_key_encryption_key=KEY,
        vinculo_link_key=KEY,
        vinculo_hash_key=KEY,
    )


@pytest.mark.usefixtures("environment")
def test_colombia_needs_no_settings() -> None:
    settings = read()

    assert settings.onboarding_currencies == {"CO": frozenset({"COP"})}
    assert settings.onboarding_deductible_percent == {"CO": 50}
    assert settings.onboarding_employment_refresh_days == 180
    assert settings.onboarding_credit_url is None


def test_everything_can_be_set(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ONBOARDING_CURRENCIES", "CO:COP, MX:MXN|USD")
    environment.setenv("ONBOARDING_DEDUCTIBLE_PERCENT", "CO:50, express:40")
    environment.setenv("ONBOARDING_CREDIT_URL", "https://credit.example.com/apply")
    settings = read()

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
def test_a_bad_setting_is_refused(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(f"ONBOARDING_{name}", value)

    with pytest.raises(ValidationError):
        read()

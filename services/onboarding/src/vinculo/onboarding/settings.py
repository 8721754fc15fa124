"""What the environment tells onboarding. Secrets have no default."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from vinculo.access import OidcIssuersSetting
from vinculo.onboarding.accounts.access_tokens import signing_key
from vinculo.onboarding.accounts.passwords import threads_for
from vinculo.onboarding.forms.consent_texts import read_consent_texts
from vinculo.onboarding.forms.employment import DEDUCTIBLE_PERCENT, REFRESH_DAYS
from vinculo.onboarding.forms.registration import DEFAULT_PROJECT
from vinculo.onboarding.income.employment_settings import (
    CurrenciesSetting,
    PercentsSetting,
    WebAddress,
)
from vinculo.onboarding.registering.document_checks import DuplicateHint
from vinculo.process import SecretKeySetting, TimeZoneSetting
from vinculo.values.birth_dates import AgeLimits, age_limits
from vinculo.values.currencies import CURRENCIES
from vinculo.values.document_types import read_document_types


def _signing_key(pem: SecretStr) -> SecretStr:
    signing_key(pem.get_secret_value())
    return pem


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _aged(value: object) -> object:
    return age_limits(value) if isinstance(value, str) else value


def _readable(path: Path | None) -> Path | None:
    """So that a bad file is told of as every other bad setting is."""
    read_document_types(path)
    return path


def _with_texts(folder: Path | None) -> Path | None:
    read_consent_texts(folder)
    return folder


class DatabaseSettings(BaseSettings):
    """All that `migrate` and `staff` need."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    onboarding_database_url: SecretStr


class Settings(DatabaseSettings):
    """Names are the fields' in capitals."""

    onboarding_signing_key: Annotated[SecretStr, AfterValidator(_signing_key)]
    onboarding_projects: Annotated[
        frozenset[str], NoDecode, BeforeValidator(_listed), Field(min_length=1)
    ] = frozenset({DEFAULT_PROJECT, "express"})
    onboarding_age_limits: Annotated[
        Mapping[str, AgeLimits], NoDecode, BeforeValidator(_aged), Field(default_factory=dict)
    ]
    onboarding_document_types: Annotated[Path | None, AfterValidator(_readable)] = None
    onboarding_consent_texts: Annotated[Path | None, AfterValidator(_with_texts)] = None
    onboarding_duplicate_hint: DuplicateHint = DuplicateHint.LIMITED
    onboarding_document_checks_per_hour: int = Field(default=10, ge=1, le=100_000)
    onboarding_pool_size: int = Field(default=6, ge=2, le=200)
    onboarding_password_threads: int = Field(
        default_factory=lambda: threads_for(os.cpu_count()), ge=1, le=64
    )
    onboarding_password_queue: int = Field(default=300, ge=1)
    onboarding_session_days: int = Field(default=30, ge=1, le=365)
    onboarding_session_idle_days: int = Field(default=7, ge=1, le=365)

    onboarding_employment_refresh_days: int = Field(default=REFRESH_DAYS, ge=1, le=3650)
    onboarding_currencies: CurrenciesSetting = Field(default_factory=lambda: dict(CURRENCIES))
    onboarding_deductible_percent: PercentsSetting = Field(
        default_factory=lambda: dict(DEDUCTIBLE_PERCENT)
    )
    onboarding_credit_url: WebAddress | None = None

    vinculo_kafka: str = "127.0.0.1:9092"
    vinculo_topic_prefix: str = ""
    vinculo_session_timeout_ms: int = Field(default=10_000, gt=0)
    vinculo_keyring_url: SecretStr
    vinculo_key_encryption_key: SecretKeySetting
    vinculo_link_key: SecretKeySetting
    vinculo_hash_key: SecretKeySetting
    vinculo_public_url: str = "http://127.0.0.1:8080"
    vinculo_oidc_issuers: OidcIssuersSetting = ()
    vinculo_time_zone: TimeZoneSetting = "America/Bogota"

    @field_validator("onboarding_age_limits")
    @classmethod
    def ages_are_of_projects(
        cls, limits: Mapping[str, AgeLimits], info: ValidationInfo
    ) -> Mapping[str, AgeLimits]:
        if unknown := sorted(limits.keys() - info.data.get("onboarding_projects", limits.keys())):
            raise ValueError(f"no such project: {', '.join(unknown)}")
        return limits

    @field_validator("vinculo_public_url")
    @classmethod
    def issuer_has_one_form(cls, url: str) -> str:
        """The address is the issuer of tokens, which is compared letter by letter."""
        if not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url.rstrip("/")

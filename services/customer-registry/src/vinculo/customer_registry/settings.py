"""The settings of the registry, read from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from vinculo.access import OidcIssuersSetting
from vinculo.process import SecretKeySetting, TimeZoneSetting


class DatabaseSettings(BaseSettings):
    """All that `migrate` needs."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    registry_database_url: SecretStr


class Settings(DatabaseSettings):
    """Names are the fields' in capitals; secrets have no default."""

    registry_policies: Path | None = None
    registry_sweep_seconds: float = Field(default=30, gt=0)
    registry_activation_lapses_after_days: float = Field(default=30, gt=0, le=36_500)

    vinculo_kafka: str = "127.0.0.1:9092"
    vinculo_topic_prefix: str = ""
    vinculo_session_timeout_ms: Annotated[int, Field(ge=500)] = 10_000
    vinculo_keyring_url: SecretStr
    vinculo_key_encryption_key: SecretKeySetting
    vinculo_hash_key: SecretKeySetting
    vinculo_public_url: str = "http://127.0.0.1:8080"
    vinculo_jwks_url: str | None = None
    vinculo_oidc_issuers: OidcIssuersSetting = ()
    vinculo_time_zone: TimeZoneSetting = "America/Bogota"

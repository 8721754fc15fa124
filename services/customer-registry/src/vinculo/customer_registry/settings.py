"""The settings of the registry, read from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from vinculo.access import OidcIssuersSetting
from vinculo.process import EnvironmentSettings, SecretKeySetting, SharedSettings


class DatabaseSettings(EnvironmentSettings):
    """What `migrate` needs."""

    registry_database_url: SecretStr


class Settings(DatabaseSettings, SharedSettings):
    """What the service processes need. Secrets have no default."""

    registry_policies: Path | None = None
    registry_sweep_interval_seconds: float = Field(default=30, gt=0)
    registry_activation_lapses_after_days: float = Field(default=30, gt=0, le=36_500)

    vinculo_hash_key: SecretKeySetting
    vinculo_jwks_url: str | None = None
    vinculo_oidc_issuers: OidcIssuersSetting = ()

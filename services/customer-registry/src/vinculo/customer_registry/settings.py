"""The settings of the registry, read from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from vinculo.access import OidcIssuersSetting
from vinculo.process import EnvironmentSettings, SecretKeySetting, SharedSettings


class DatabaseSettings(EnvironmentSettings):
    """What `migrate` needs."""

    registry_database_url: SecretStr
    """PostgreSQL database of the registry, `postgresql://user:password@host:port/name`."""


class Settings(DatabaseSettings, SharedSettings):
    """What the service processes need. Secrets have no default."""

    registry_policies: Path | None = None
    """TOML file of the promotion policies; without it the shipped one."""
    registry_sweep_interval_seconds: float = Field(default=30, gt=0)
    """Interval of the sweeps that evaluate people again and let activations lapse."""
    registry_activation_lapses_after_days: float = Field(default=30, gt=0, le=36_500)
    """A pre-customer who has not activated the account after this time is disabled."""
    registry_lapse_after_last_link_days: float = Field(default=2, gt=0, le=36_500)
    """The shortest time between the last activation link and the lapse, so that no link is open
    when a record lapses.
    """

    vinculo_hash_key: SecretKeySetting
    """Hashes document numbers, addresses and idempotency keys, and seals cursors: 32 bytes in
    base64. With another key, registered documents are not found.
    """
    vinculo_jwks_url: str | None = None
    """Address of onboarding's public keys; by default below `VINCULO_PUBLIC_URL`."""
    vinculo_oidc_issuers: OidcIssuersSetting = ()
    """Further issuers of access tokens for staff: a JSON list, or the path of a TOML file."""

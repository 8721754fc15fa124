"""The settings of the registry, read from the environment."""

import base64
import binascii
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretBytes, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

KEY_BYTES: Final = 32


def _key(value: object) -> object:
    """Decode base64; an error says nothing of the value."""
    if not isinstance(value, str):
        return value
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None
    if len(decoded) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes in base64")
    return decoded


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone") from None
    return name


Key = Annotated[SecretBytes, BeforeValidator(_key)]


class DatabaseSettings(BaseSettings):
    """All that `migrate` needs."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    registry_database_url: SecretStr


class Settings(DatabaseSettings):
    """Names are the fields' in capitals; secrets have no default."""

    registry_policies: Path | None = None
    registry_sweep_seconds: float = Field(default=30, gt=0)

    vinculo_kafka: str = "127.0.0.1:9092"
    vinculo_topic_prefix: str = ""
    vinculo_session_timeout_ms: Annotated[int, Field(ge=500)] = 10_000
    vinculo_keyring_url: SecretStr
    vinculo_key_encryption_key: Key
    vinculo_hash_key: Key
    vinculo_public_url: str = "http://127.0.0.1:8080"
    vinculo_jwks_url: str | None = None
    vinculo_time_zone: Annotated[str, AfterValidator(_zone)] = "America/Bogota"

    @property
    def jwks_url(self) -> str:
        return (
            self.vinculo_jwks_url or f"{self.vinculo_public_url.rstrip('/')}/.well-known/jwks.json"
        )

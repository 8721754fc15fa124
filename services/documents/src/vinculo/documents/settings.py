"""The settings of the documents service, read from the environment."""

import base64
import binascii
from typing import Annotated, Final
from urllib.parse import urlsplit

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


def _origin(url: str) -> str:
    """A path would be signed over, and lost behind the gateway."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ValueError("must be http:// or https://, host and port, without a path")
    return url.rstrip("/")


Key = Annotated[SecretBytes, BeforeValidator(_key)]
Origin = Annotated[str, AfterValidator(_origin)]


class StorageSettings(BaseSettings):
    """All that `migrate` needs."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    documents_database_url: SecretStr
    documents_bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,62}$")] = "documents"
    documents_region: str = "us-east-1"
    vinculo_s3_url: Origin = "http://127.0.0.1:9000"
    vinculo_s3_access_key: SecretStr
    vinculo_s3_secret_key: SecretStr
    vinculo_public_url: Origin = "http://127.0.0.1:8080"


class Settings(StorageSettings):
    """Names are the fields' in capitals; secrets have no default."""

    documents_max_bytes: int = Field(default=20_000_000, ge=1, le=100_000_000)
    documents_open_uploads: int = Field(default=10, ge=1)
    documents_uploads_per_day: int = Field(default=60, ge=1)
    documents_concurrent_screenings: int = Field(default=2, ge=1, le=64)
    documents_screening_seconds: float = Field(default=50, gt=0)

    vinculo_kafka: str = "127.0.0.1:9092"
    vinculo_topic_prefix: str = ""
    vinculo_session_timeout_ms: Annotated[int, Field(ge=500)] = 10_000
    vinculo_keyring_url: SecretStr
    vinculo_key_encryption_key: Key
    vinculo_hash_key: Key
    vinculo_jwks_url: str | None = None

    @property
    def jwks_url(self) -> str:
        return self.vinculo_jwks_url or f"{self.vinculo_public_url}/.well-known/jwks.json"

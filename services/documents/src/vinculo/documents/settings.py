"""The settings of the documents service, read from the environment."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from vinculo.access import OidcIssuersSetting
from vinculo.documents.application.requirements_file import read_requirements
from vinculo.process import SecretKeySetting


def _origin(url: str) -> str:
    """A path would be signed over, and lost behind the gateway."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ValueError("must be http:// or https://, host and port, without a path")
    return url.rstrip("/")


def _readable(path: Path | None) -> Path | None:
    read_requirements(path)
    return path


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

    documents_requirements: Annotated[Path | None, AfterValidator(_readable)] = None
    documents_max_bytes: int = Field(default=20_000_000, ge=1, le=100_000_000)
    documents_open_uploads: int = Field(default=10, ge=1)
    documents_uploads_per_day: int = Field(default=60, ge=1)
    documents_concurrent_screenings: int = Field(default=2, ge=1, le=64)
    documents_screening_seconds: float = Field(default=50, gt=0)

    vinculo_kafka: str = "127.0.0.1:9092"
    vinculo_topic_prefix: str = ""
    vinculo_session_timeout_ms: Annotated[int, Field(ge=500)] = 10_000
    vinculo_keyring_url: SecretStr
    vinculo_key_encryption_key: SecretKeySetting
    vinculo_hash_key: SecretKeySetting
    vinculo_jwks_url: str | None = None
    vinculo_oidc_issuers: OidcIssuersSetting = ()

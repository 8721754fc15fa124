"""Settings of the documents service, read from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from vinculo.access import OidcIssuersSetting
from vinculo.documents.application.requirements_file import read_requirements
from vinculo.process import SecretKeySetting, SharedSettings, StorageSettings


def _valid_requirements(path: Path | None) -> Path | None:
    read_requirements(path)
    return path


class MigrationSettings(StorageSettings):
    """The settings that `migrate` needs."""

    documents_database_url: SecretStr
    documents_bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,62}$")] = "documents"
    documents_region: str = "us-east-1"


class Settings(SharedSettings, MigrationSettings):
    documents_requirements_file: Annotated[Path | None, AfterValidator(_valid_requirements)] = None
    documents_max_file_bytes: int = Field(default=20_000_000, ge=1, le=100_000_000)
    documents_max_open_uploads: int = Field(default=10, ge=1)
    documents_max_uploads_per_day: int = Field(default=60, ge=1)
    documents_max_concurrent_screenings: int = Field(default=2, ge=1, le=64)
    documents_screening_timeout_seconds: float = Field(default=50, gt=0)

    vinculo_hash_key: SecretKeySetting
    vinculo_jwks_url: str | None = None
    vinculo_oidc_issuers: OidcIssuersSetting = ()

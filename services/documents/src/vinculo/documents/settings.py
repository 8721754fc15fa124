"""Settings of the documents service, read from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator

from vinculo.access import OidcIssuersSetting
from vinculo.documents.application.requirements_file import read_requirements
from vinculo.documents.screening.screener import Isolation
from vinculo.process import SecretKeySetting, SharedSettings, StorageSettings, Unit


def _valid_requirements(path: Path | None) -> Path | None:
    read_requirements(path)
    return path


class MigrationSettings(StorageSettings):
    """The settings that `migrate` needs."""

    documents_database_url: SecretStr
    """PostgreSQL database of the service, `postgresql://user:password@host:port/name`."""
    documents_bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,62}$")] = "documents"
    """Bucket of the files that passed the screening."""
    documents_quarantine_bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,62}$")] = (
        "documents-quarantine"
    )
    """Bucket of the files that wait for the screening; without versions and backup."""
    documents_region: str = "us-east-1"
    """Region of the buckets."""

    @model_validator(mode="after")
    def _two_buckets(self) -> "MigrationSettings":
        if self.documents_bucket == self.documents_quarantine_bucket:
            raise ValueError("DOCUMENTS_QUARANTINE_BUCKET must differ from DOCUMENTS_BUCKET")
        return self


class Settings(SharedSettings, MigrationSettings):
    documents_requirements_file: Annotated[Path | None, AfterValidator(_valid_requirements)] = None
    """TOML file of the required documents, by default and by project; without it the shipped
    one.
    """
    documents_max_file_bytes: int = Field(default=20_000_000, ge=1, le=100_000_000)
    """Largest file."""
    documents_max_open_uploads: Annotated[int, Unit("uploads")] = Field(default=10, ge=1)
    """Uploads per person that are announced and neither completed nor expired."""
    documents_max_uploads_per_day: Annotated[int, Unit("uploads per day")] = Field(default=60, ge=1)
    """Uploads per person in 24 hours."""
    documents_max_concurrent_screenings: Annotated[int, Unit("processes")] = Field(
        default=2, ge=1, le=64
    )
    """Screening processes per process of the service."""
    documents_screening_timeout_seconds: float = Field(default=50, gt=0)
    """Longest wait for the screening of one file."""

    documents_screening_isolation: Isolation = Isolation.PREFERRED
    """`required`: no file is screened where the process cannot be cut off from the network."""
    documents_sweep_interval_seconds: float = Field(default=15, gt=0)
    """Seconds between two searches for files to delete: those of erased people, and leftovers."""

    vinculo_hash_key: SecretKeySetting
    """Hashes document numbers, addresses and idempotency keys, and seals cursors: 32 bytes in
    base64. With another key, registered documents are not found.
    """
    vinculo_jwks_url: str | None = None
    """Address of onboarding's public keys; by default below `VINCULO_PUBLIC_URL`."""
    vinculo_oidc_issuers: OidcIssuersSetting = ()
    """Further issuers of access tokens for staff: a JSON list, or the path of a TOML file."""

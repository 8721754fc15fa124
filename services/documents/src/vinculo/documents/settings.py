"""Settings of the documents service, read from the environment."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from vinculo.access import OidcIssuersSetting
from vinculo.documents.application.requirements_file import read_requirements
from vinculo.documents.screening.screener import Isolation
from vinculo.process import SecretKeySetting, SharedSettings, StorageSettings, Unit


def _valid_requirements(path: Path | None) -> Path | None:
    read_requirements(path)
    return path


def _valid_clamd_url(url: str) -> str:
    parts = urlsplit(url)
    is_valid = (parts.scheme == "tcp" and parts.hostname) or (
        parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/")
    )
    if not is_valid:
        raise ValueError("must be tcp://host:port or unix:///path")
    return url


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
    """Files that a worker screens, or an API renders, at once, each in a process of its own."""
    documents_screening_timeout_seconds: float = Field(default=50, gt=0)
    """Longest wait for the screening of a file, or for a preview."""
    documents_screening_lease_seconds: float = Field(default=15, ge=0.5)
    """Time after which another worker takes over the files of a worker that was killed."""
    documents_screening_attempts: Annotated[int, Unit("attempts")] = Field(default=3, ge=1, le=20)
    """Attempts at a file that ends its worker or cannot be screened; then it is refused."""
    documents_screening_isolation: Isolation = Isolation.PREFERRED
    """`required`: no file is screened where the process cannot be cut off from the network."""
    documents_clamd_url: Annotated[str, AfterValidator(_valid_clamd_url)] | None = None
    """Address of ClamAV's daemon, `tcp://host:port` or `unix:///path`; without it, files are not
    searched for malware.
    """
    documents_clamd_timeout_seconds: float = Field(default=30, gt=0)
    """Longest wait for the scan of one file."""
    documents_sweep_interval_seconds: float = Field(default=15, gt=0)
    """Seconds between two searches for files to delete: those of erased people, and leftovers."""
    documents_uploads_kept_days: Annotated[int, Unit("days")] = Field(default=30, ge=1, le=3650)
    """Time from the expiry of an upload that became no document to the deletion of its row."""
    documents_accesses_kept_days: Annotated[int, Unit("days")] = Field(
        default=3650, ge=30, le=36_500
    )
    """Age from which the entries of who was given a document are deleted."""

    vinculo_hash_key: SecretKeySetting
    """Hashes document numbers, addresses and idempotency keys, and seals cursors: 32 bytes in
    base64. With another key, registered documents are not found.
    """
    vinculo_jwks_url: str | None = None
    """Address of onboarding's public keys; by default below `VINCULO_PUBLIC_URL`."""
    vinculo_oidc_issuers: OidcIssuersSetting = ()
    """Further issuers of access tokens for staff: a JSON list, or the path of a TOML file."""

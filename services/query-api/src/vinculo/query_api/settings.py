"""Settings of the query service's processes, read from the environment."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, DirectoryPath, Field, SecretStr

from vinculo.access import OidcIssuersSetting, Role
from vinculo.process import SecretKeySetting, SharedSettings
from vinculo.query_api.lists.catalogue import ColumnGroup
from vinculo.query_api.mongo import Driver

ALL_COLUMN_GROUPS: Final = frozenset(ColumnGroup)


def _with_database(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in {"mongodb", "mongodb+srv"} or len(parts.path) <= 1:
        raise ValueError("expected mongodb://host:port/database?replicaSet=name")
    return url


class Settings(SharedSettings):
    vinculo_hash_key: SecretKeySetting
    """Hashes document numbers, addresses and idempotency keys, and seals cursors: 32 bytes in
    base64. With another key, registered documents are not found.
    """
    vinculo_jwks_url: str | None = None
    """Address of onboarding's public keys; by default below `VINCULO_PUBLIC_URL`."""
    vinculo_oidc_issuers: OidcIssuersSetting = ()
    """Further issuers of access tokens for staff: a JSON list, or the path of a TOML file."""
    vinculo_font_dir: DirectoryPath | None = None
    """Folder of further TrueType or OpenType fonts for PDF exports."""
    query_mongo_url: Annotated[SecretStr, AfterValidator(_with_database)]
    """MongoDB database of the read model, `mongodb://host:port/database?replicaSet=name`; a
    replica set, for transactions. What is not derived from the log (audit entries, export jobs,
    discarded records) is in a second database, whose name ends in `_own`.
    """
    query_mongo_driver: Driver = Driver.MOTOR
    """`motor` or `pymongo`."""
    query_exports_bucket: str = "exports"
    """Bucket of export files."""
    query_exports_folder: DirectoryPath = Path(gettempdir())
    """Folder where export files are written before the upload; by default the folder for
    temporary files.
    """
    query_exports_kept_hours: Annotated[float, Field(gt=0, le=720)] = 24
    """How long an export file can be downloaded."""
    query_exports_column_groups: Mapping[Role, frozenset[ColumnGroup]] = {
        Role.OPERATOR: ALL_COLUMN_GROUPS,
        Role.ADMIN: ALL_COLUMN_GROUPS,
    }
    """Groups of columns by role, as JSON: `{"operator": ["identity", "contact"]}`; other roles
    have only `record`.
    """
    query_position_wait_seconds: Annotated[float, Field(ge=0, le=20)] = 3.0
    """How long a read waits until the read model has its `min_position`."""
    query_list_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Time limit of a list query, after which the answer is 503 `query-too-slow`."""
    query_income_stale_after_days: Annotated[int, Field(ge=1, le=36_500)] = 180
    """Age from which declared employment is marked stale."""

    @property
    def key_encryption_key(self) -> bytes:
        return self.vinculo_key_encryption_key.get_secret_value()

    @property
    def hash_key(self) -> bytes:
        return self.vinculo_hash_key.get_secret_value()

    @property
    def mongo_url(self) -> str:
        return self.query_mongo_url.get_secret_value()

    @property
    def keyring_url(self) -> str:
        return self.vinculo_keyring_url.get_secret_value()

    @property
    def exports_kept(self) -> timedelta:
        return timedelta(hours=self.query_exports_kept_hours)

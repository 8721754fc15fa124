"""What the processes of the query service are told by the environment."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, DirectoryPath, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from vinculo.access import OidcIssuersSetting, Role
from vinculo.process import SecretKeySetting, TimeZoneSetting
from vinculo.query_api.lists.catalogue import ColumnGroup

EVERY_GROUP = frozenset(ColumnGroup)


class Driver(StrEnum):
    MOTOR = "motor"
    PYMONGO = "pymongo"


def _names_a_database(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in {"mongodb", "mongodb+srv"} or len(parts.path) <= 1:
        raise ValueError("expected mongodb://host:port/database?replicaSet=name")
    return url


class Settings(BaseSettings):
    """Names are those of the environment, in lower case."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

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
    vinculo_s3_url: str = "http://127.0.0.1:9000"
    vinculo_s3_access_key: str
    vinculo_s3_secret_key: SecretStr
    query_mongo_url: Annotated[SecretStr, AfterValidator(_names_a_database)]
    query_mongo_driver: Driver = Driver.MOTOR
    query_exports_bucket: str = "exports"
    query_exports_folder: DirectoryPath = Path(gettempdir())
    query_exports_kept_hours: Annotated[float, Field(gt=0, le=720)] = 24
    query_exports_column_groups: Mapping[Role, frozenset[ColumnGroup]] = {
        Role.OPERATOR: EVERY_GROUP,
        Role.ADMIN: EVERY_GROUP,
    }
    query_position_wait_seconds: Annotated[float, Field(ge=0, le=20)] = 3.0
    query_longest_list_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    query_income_stale_after_days: Annotated[int, Field(ge=1, le=36_500)] = 180

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

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.vinculo_time_zone)

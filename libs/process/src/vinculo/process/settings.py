"""Settings from the environment: those that all services share, and how invalid ones are reported.

A setting that is not in the environment is read from its file in `VINCULO_SECRETS_DIR`, if that is
given: secrets of containers are files.

Invalid settings end the process with one line on standard error and exit code 78 (EX_CONFIG of
sysexits.h).
"""

import base64
import binascii
import os
import sys
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from annotated_types import Unit
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    DirectoryPath,
    Field,
    SecretBytes,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

EXIT_BAD_SETTING: Final = 78
SECRETS_DIR: Final = "VINCULO_SECRETS_DIR"
SECRET_KEY_BYTES: Final = 32
BUCKET_NAME_OR_NOTHING: Final = r"^([a-z0-9][a-z0-9-]{2,62})?$"

Settings = TypeVar("Settings", bound=BaseModel)


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone such as America/Bogota") from None
    return name


def _secret_key(value: object) -> object:
    """Decode base64; the error does not repeat the value."""
    if not isinstance(value, str):
        return value
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None
    if len(decoded) != SECRET_KEY_BYTES:
        raise ValueError(f"must be {SECRET_KEY_BYTES} bytes in base64")
    return decoded


def _web_address(url: str) -> str:
    """The address without a trailing slash, so that paths can be put after it."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be http:// or https:// and a host, without a query")
    return url.rstrip("/")


def _web_origin(url: str) -> str:
    """The origin without a trailing slash: issuers are compared literally, S3 signs the path."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ValueError("must be http:// or https://, host and port, without a path")
    return url.rstrip("/")


TimeZoneSetting = Annotated[str, AfterValidator(_time_zone)]
"""An IANA time zone name."""
SecretKeySetting = Annotated[SecretBytes, BeforeValidator(_secret_key)]
"""32 bytes, written in base64."""
WebOrigin = Annotated[str, AfterValidator(_web_origin)]
"""Scheme, host and port."""
WebAddress = Annotated[str, AfterValidator(_web_address)]
"""Scheme, host and port, and perhaps a path."""


class EnvironmentSettings(BaseSettings):
    """Field names are the variables' names in lower case; unknown variables are ignored.

    The docstring of a field is its description in the reference of settings. The unit of a number
    is the suffix of its name, such as `_seconds`, or an annotated `Unit`.
    """

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the folder in `VINCULO_SECRETS_DIR` if it exists."""
        del dotenv_settings, file_secret_settings
        folder = os.environ.get(SECRETS_DIR)
        if not folder or not os.path.isdir(folder):  # noqa: PTH112  # its field reports it
            return init_settings, env_settings
        files = SecretsSettingsSource(settings_cls, secrets_dir=folder)
        return init_settings, env_settings, files


class PublicSettings(EnvironmentSettings):
    """What texts for people depend on, and whether the API is documented."""

    vinculo_public_url: WebOrigin = "http://127.0.0.1:8080"
    """Address of the gateway as people and browsers reach it; the issuer of access tokens."""
    vinculo_app_url: WebAddress | None = None
    """Address of the pages that messages lead to, which may have a path; without it those at
    `VINCULO_PUBLIC_URL`.
    """
    vinculo_brand: Annotated[str, Field(min_length=1, max_length=40)] = "Vínculo"
    """The lender's name in messages and pages."""
    vinculo_time_zone: TimeZoneSetting = "America/Bogota"
    """IANA time zone of dates in messages, lists and exports."""
    vinculo_api_docs: Literal["on", "off"] = "on"
    """Whether the services serve their OpenAPI documents and the pages to read them."""

    @property
    def app_url(self) -> str:
        """Address of the pages for people, without a final slash."""
        return self.vinculo_app_url or self.vinculo_public_url

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.vinculo_time_zone)

    @property
    def api_docs_on(self) -> bool:
        """Whether the service serves its OpenAPI document and the page to read it."""
        return self.vinculo_api_docs == "on"


class StorageSettings(EnvironmentSettings):
    """The `VINCULO_S3_*` settings."""

    vinculo_s3_url: WebOrigin = "http://127.0.0.1:9000"
    """Address of the object store, as the service reaches it."""
    vinculo_s3_access_key: SecretStr
    """Access key of the object store."""
    vinculo_s3_secret_key: SecretStr
    """Secret key of the object store."""


class LedgerSettings(StorageSettings):
    """Where the erasure ledger is."""

    vinculo_erasures_bucket: Annotated[str, Field(pattern=BUCKET_NAME_OR_NOTHING)] = "erasures"
    """Bucket of the erasure ledger, which a restore must never replace by an older one. Empty:
    there is no ledger, for generated people only.
    """


class SharedSettings(PublicSettings, LedgerSettings):
    """The `VINCULO_*` settings of every service. Secrets have no default."""

    vinculo_secrets_dir: DirectoryPath | None = None
    """Folder with a file for each setting that is not in the environment, such as `/run/secrets`;
    a file is named as its setting, in lower case.
    """
    vinculo_kafka: str = "127.0.0.1:9092"
    """Kafka's bootstrap servers, `host:port` separated by commas."""
    vinculo_topic_prefix: str = ""
    """Begins the name of every topic and consumer group, for systems that share one Kafka."""
    vinculo_session_timeout_ms: Annotated[int, Field(ge=500)] = 10_000
    """Kafka gives the partitions of a consumer without heartbeats to another one after this
    time.
    """
    vinculo_stalled_after_seconds: Annotated[float, Field(ge=5)] = 60
    """Time after which a partition that has records and processes none is reported as stalled."""
    vinculo_dead_letters_kept_days: Annotated[int, Unit("days"), Field(ge=1, le=3650)] = 90
    """Age from which dead letters that were replayed or discarded are deleted, up to the first one
    that waits.
    """
    vinculo_keyring_url: SecretStr
    """PostgreSQL database of the key ring, `postgresql://user:password@host:port/name`."""
    vinculo_key_encryption_key: SecretKeySetting
    """Encrypts the people's keys in the key ring: 32 bytes in base64."""

    @property
    def dead_letters_kept(self) -> timedelta:
        return timedelta(days=self.vinculo_dead_letters_kept_days)


class MailSettings(EnvironmentSettings):
    """What the services that accept e-mail addresses and the one that sends mail agree on."""

    vinculo_smtputf8: bool = False
    """Whether the mail server takes letters other than ASCII before the `@`."""


def settings_or_exit(settings: type[Settings]) -> Settings:
    """The settings from the environment; invalid ones are named and end the process.

    Values are never shown, because they may be secrets.
    """
    try:
        return settings()
    except ValidationError as error:
        print(settings_error_message(settings, error), file=sys.stderr)  # noqa: T201 - for people
        sys.exit(EXIT_BAD_SETTING)


def settings_error_message(settings: type[BaseModel], error: ValidationError) -> str:
    """`NAME: problem` for each bad setting, joined by semicolons."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    messages = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        location = ".".join(str(part) for part in problem["loc"]) or settings.__name__
        name = prefix + location if location in settings.model_fields else location
        text = "missing" if problem["type"] == "missing" else problem["msg"]
        messages.append(f"{name.upper()}: {text}")
    return "; ".join(messages)

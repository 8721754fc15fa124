"""Settings from the environment: those that all services share, and how invalid ones are reported.

Invalid settings end the process with one line on standard error and exit code 78 (EX_CONFIG of
sysexits.h).
"""

import base64
import binascii
import sys
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretBytes,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

EXIT_BAD_SETTING: Final = 78
SECRET_KEY_BYTES: Final = 32

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


class PublicSettings(EnvironmentSettings):
    """What texts for people depend on: addresses, the lender's name, the time zone."""

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

    @property
    def app_url(self) -> str:
        """Address of the pages for people, without a final slash."""
        return self.vinculo_app_url or self.vinculo_public_url

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.vinculo_time_zone)


class SharedSettings(PublicSettings):
    """The `VINCULO_*` settings of every service. Secrets have no default."""

    vinculo_kafka: str = "127.0.0.1:9092"
    """Kafka's bootstrap servers, `host:port` separated by commas."""
    vinculo_topic_prefix: str = ""
    """Begins the name of every topic and consumer group, for systems that share one Kafka."""
    vinculo_session_timeout_ms: Annotated[int, Field(ge=500)] = 10_000
    """Kafka gives the partitions of a consumer without heartbeats to another one after this
    time.
    """
    vinculo_keyring_url: SecretStr
    """PostgreSQL database of the key ring, `postgresql://user:password@host:port/name`."""
    vinculo_key_encryption_key: SecretKeySetting
    """Encrypts the people's keys in the key ring: 32 bytes in base64."""


class StorageSettings(EnvironmentSettings):
    """The `VINCULO_S3_*` settings of the services that store files."""

    vinculo_s3_url: WebOrigin = "http://127.0.0.1:9000"
    """Address of the object store, as the service reaches it."""
    vinculo_s3_access_key: SecretStr
    """Access key of the object store."""
    vinculo_s3_secret_key: SecretStr
    """Secret key of the object store."""


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

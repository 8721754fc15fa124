"""The settings of the notifications service, read from the environment."""

from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from pydantic import (
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from vinculo.httpapi import TimeZoneSetting
from vinculo.notifications.smtp import Security, SmtpServer
from vinculo.privacy import KeySetting


class PreviewSettings(BaseSettings):
    """All that the words of a message depend on."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    notifications_brand: str = Field(default="Vínculo", min_length=1)
    vinculo_public_url: str = "http://127.0.0.1:8080"
    vinculo_time_zone: TimeZoneSetting = "America/Bogota"

    @field_validator("vinculo_public_url")
    @classmethod
    def links_have_one_slash(cls, url: str) -> str:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ValueError("must begin with http:// or https://")
        return url.rstrip("/")


class Settings(PreviewSettings):
    """Names are the fields' in capitals; secrets have no default."""

    notifications_database_url: SecretStr
    notifications_sender: str = "Vínculo <no-reply@vinculo.example>"
    notifications_smtp_security: Security = Security.AUTO
    notifications_smtp_timeout_seconds: float = Field(default=30, gt=0)
    notifications_lease_seconds: float = Field(default=120, gt=0)
    notifications_concurrency: int = Field(default=8, ge=1, le=64)
    notifications_first_wait_seconds: float = Field(default=5, gt=0)
    notifications_longest_wait_seconds: float = Field(default=3600, gt=0)
    notifications_max_attempts: int = Field(default=30, ge=1)

    vinculo_kafka: str = "127.0.0.1:9092"
    vinculo_topic_prefix: str = ""
    vinculo_session_timeout_ms: int = 10_000
    vinculo_keyring_url: SecretStr
    vinculo_key_encryption_key: KeySetting
    vinculo_link_key: KeySetting
    vinculo_smtp: SecretStr = SecretStr("smtp://127.0.0.1:1025")

    @field_validator("notifications_sender")
    @classmethod
    def sender_has_an_address(cls, sender: str) -> str:
        if not sender_address(sender).partition("@")[2]:
            raise ValueError("must be an e-mail address, or a name and <an address>")
        return sender

    @field_validator("vinculo_smtp")
    @classmethod
    def smtp_names_a_server(cls, smtp: SecretStr) -> SecretStr:
        url = urlsplit(smtp.get_secret_value())
        if url.scheme not in {"smtp", "smtps"} or not url.hostname:
            raise ValueError("must be smtp://host:port or smtps://host:port")
        return smtp

    @model_validator(mode="after")
    def an_attempt_ends_before_its_lease(self) -> "Settings":
        if self.notifications_lease_seconds <= self.notifications_smtp_timeout_seconds:
            raise ValueError(
                "NOTIFICATIONS_LEASE_SECONDS must be more than NOTIFICATIONS_SMTP_TIMEOUT_SECONDS"
            )
        return self


class DatabaseSettings(BaseSettings):
    """All that `migrate` needs."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    notifications_database_url: SecretStr


def sender_address(sender: str) -> str:
    return parseaddr(sender)[1]


def smtp_server(settings: Settings) -> SmtpServer:
    """Read `smtp://user:password@host:port`, or `smtps://` for TLS from the first byte on.

    Credentials go over TLS only: with them, `auto` becomes `starttls`.
    """
    url = urlsplit(settings.vinculo_smtp.get_secret_value())
    security = settings.notifications_smtp_security
    if url.scheme == "smtps":
        security = Security.TLS
    elif url.username and security is Security.AUTO:
        security = Security.STARTTLS
    return SmtpServer(
        host=url.hostname or "",
        port=url.port or (465 if security is Security.TLS else 587 if url.username else 25),
        security=security,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
    )

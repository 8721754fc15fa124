"""The settings of the notifications service, read from the environment."""

from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from pydantic import (
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from vinculo.notifications.delivery.sms import SmsGateway, parse_body_template
from vinculo.notifications.delivery.smtp import Security, SmtpServer
from vinculo.notifications.domain.application_progress import REMINDERS
from vinculo.notifications.domain.message import Template
from vinculo.process import SecretKeySetting, TimeZoneSetting

INDISPENSABLE = frozenset(
    {
        Template.ACTIVATION,
        Template.PASSWORD_RESET,
        Template.CONTACT_CHANGE,
        Template.PHONE_CODE,
        Template.PHONE_CHANGE_CODE,
    }
)
"""They carry what nobody can go on without, so they cannot be silenced."""


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
    notifications_bounce_address: str | None = None
    notifications_silenced: str = ""
    notifications_news_days: float = Field(default=14, gt=0)
    notifications_reminder_idle_days: str = "2,7"
    notifications_reminder_sweep_seconds: float = Field(default=60, gt=0)
    notifications_smtp_security: Security = Security.AUTO
    notifications_smtp_timeout_seconds: float = Field(default=30, gt=0)
    notifications_sms_authorization: SecretStr | None = None
    notifications_sms_authorization_header: str = Field(
        default="Authorization", pattern=r"^[A-Za-z0-9-]+$"
    )
    notifications_sms_body: str = '{"to": "{to}", "text": "{text}", "message_id": "{message_id}"}'
    notifications_sms_timeout_seconds: float = Field(default=10, gt=0)
    notifications_lease_seconds: float = Field(default=120, gt=0)
    notifications_concurrency: int = Field(default=8, ge=1, le=64)
    notifications_first_wait_seconds: float = Field(default=5, gt=0)
    notifications_longest_wait_seconds: float = Field(default=3600, gt=0)
    notifications_max_attempts: int = Field(default=30, ge=1)

    vinculo_kafka: str = "127.0.0.1:9092"
    vinculo_topic_prefix: str = ""
    vinculo_session_timeout_ms: int = 10_000
    vinculo_keyring_url: SecretStr
    vinculo_key_encryption_key: SecretKeySetting
    vinculo_link_key: SecretKeySetting
    vinculo_smtp: SecretStr = SecretStr("smtp://127.0.0.1:1025")
    vinculo_sms: SecretStr = SecretStr("http://127.0.0.1:1026/messages")

    @field_validator("notifications_sender")
    @classmethod
    def sender_has_an_address(cls, sender: str) -> str:
        if not sender_address(sender).partition("@")[2]:
            raise ValueError("must be an e-mail address, or a name and <an address>")
        return sender

    @field_validator("notifications_bounce_address")
    @classmethod
    def bounces_have_an_address(cls, address: str | None) -> str | None:
        if address is not None and parseaddr(address)[1] != address:
            raise ValueError("must be an e-mail address")
        if address is not None and not address.partition("@")[2]:
            raise ValueError("must be an e-mail address")
        return address

    @field_validator("notifications_silenced")
    @classmethod
    def silenced_ones_exist_and_can_be_done_without(cls, names: str) -> str:
        if unknown := _listed(names) - {template.value for template in Template}:
            raise ValueError(f"there is no message {', '.join(sorted(unknown))}")
        if needed := _listed(names) & {template.value for template in INDISPENSABLE}:
            raise ValueError(f"nobody can go on without {', '.join(sorted(needed))}")
        return names

    @field_validator("notifications_reminder_idle_days")
    @classmethod
    def idle_days_grow(cls, days: str) -> str:
        times = idle_times(days)
        if len(times) > len(REMINDERS) or list(times) != sorted(set(times)):
            raise ValueError(f"must be at most {len(REMINDERS)} growing numbers of days")
        if any(time <= timedelta() for time in times):
            raise ValueError("must be more than nothing")
        return days

    @field_validator("notifications_sms_body")
    @classmethod
    def sms_body_carries_a_message(cls, body: str) -> str:
        parse_body_template(body)
        return body

    @field_validator("vinculo_sms")
    @classmethod
    def sms_names_a_gateway(cls, sms: SecretStr) -> SecretStr:
        url = urlsplit(sms.get_secret_value())
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise ValueError("must begin with http:// or https://")
        return sms

    @field_validator("vinculo_smtp")
    @classmethod
    def smtp_names_a_server(cls, smtp: SecretStr) -> SecretStr:
        url = urlsplit(smtp.get_secret_value())
        if url.scheme not in {"smtp", "smtps"} or not url.hostname:
            raise ValueError("must be smtp://host:port or smtps://host:port")
        return smtp

    @model_validator(mode="after")
    def an_attempt_ends_before_its_lease(self) -> "Settings":
        longest = max(
            self.notifications_smtp_timeout_seconds, self.notifications_sms_timeout_seconds
        )
        if self.notifications_lease_seconds <= longest:
            raise ValueError(
                "NOTIFICATIONS_LEASE_SECONDS must be more than NOTIFICATIONS_SMTP_TIMEOUT_SECONDS "
                "and NOTIFICATIONS_SMS_TIMEOUT_SECONDS"
            )
        return self


class DatabaseSettings(BaseSettings):
    """All that `migrate` needs."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    notifications_database_url: SecretStr


def sender_address(sender: str) -> str:
    return parseaddr(sender)[1]


def bounce_address(settings: Settings) -> str:
    """Give the sender of the envelope, where undeliverable mail comes back to."""
    return settings.notifications_bounce_address or sender_address(settings.notifications_sender)


def silenced(settings: Settings) -> frozenset[Template]:
    return frozenset(Template(name) for name in _listed(settings.notifications_silenced))


def idle_times(days: str) -> tuple[timedelta, ...]:
    """Read `2,7`; nothing at all means that nobody is reminded."""
    return tuple(timedelta(days=float(each)) for each in days.split(",") if each.strip())


def sms_gateway(settings: Settings) -> SmsGateway:
    authorization = settings.notifications_sms_authorization
    header = settings.notifications_sms_authorization_header
    return SmsGateway(
        url=settings.vinculo_sms.get_secret_value(),
        body=parse_body_template(settings.notifications_sms_body),
        headers={} if authorization is None else {header: authorization.get_secret_value()},
    )


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


def _listed(names: str) -> set[str]:
    return {name.strip() for name in names.split(",") if name.strip()}

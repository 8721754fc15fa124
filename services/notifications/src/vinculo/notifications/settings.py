"""The settings of the notifications service, read from the environment."""

from datetime import timedelta
from email.utils import parseaddr
from itertools import pairwise
from typing import Annotated, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from vinculo.access import OidcIssuersSetting
from vinculo.notifications.delivery.sms import SmsGateway, parse_body_template
from vinculo.notifications.delivery.smtp import Security, SmtpServer
from vinculo.notifications.domain.application_progress import REMINDERS
from vinculo.notifications.domain.message import Template
from vinculo.notifications.domain.message_budget import Budget, BudgetPurpose
from vinculo.process import (
    Backoff,
    EnvironmentSettings,
    MailSettings,
    SecretKeySetting,
    SharedSettings,
    Unit,
)

REQUIRED_TEMPLATES: Final = frozenset(
    {
        Template.ACTIVATION,
        Template.PASSWORD_RESET,
        Template.CONTACT_CHANGE,
        Template.PHONE_CODE,
        Template.PHONE_CHANGE_CODE,
        Template.STAFF_INVITATION,
        Template.STAFF_PASSWORD_RESET,
    }
)
"""They carry a link or a code without which a person cannot continue."""


def _comma_separated(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [item.strip() for item in value.split(",") if item.strip()]


Templates: TypeAlias = Annotated[frozenset[Template], NoDecode, BeforeValidator(_comma_separated)]
IdleDays: TypeAlias = Annotated[
    tuple[Annotated[float, Field(gt=0)], ...],
    NoDecode,
    BeforeValidator(_comma_separated),
    Field(max_length=len(REMINDERS)),
]


class DatabaseSettings(EnvironmentSettings):
    """The settings of `migrate`."""

    notifications_database_url: SecretStr
    """PostgreSQL database of the service, `postgresql://user:password@host:port/name`."""


class Settings(DatabaseSettings, SharedSettings, MailSettings):
    """The settings of the service's processes. Secrets have no default."""

    notifications_sender: str = "Vínculo <no-reply@vinculo.example>"
    """`From` of e-mails: an address, or a name and `<an address>`."""
    notifications_bounce_address: str | None = None
    """The envelope's sender, shown as `Return-Path`; without it the sender's address."""
    notifications_disabled_templates: Templates = frozenset()
    """Templates that are not sent, such as `welcome,reminder`; not those with a link or a code."""
    notifications_max_age_days: float = Field(default=14, gt=0)
    """Older events send no message."""
    notifications_deliveries_kept_days: Annotated[int, Unit("days")] = Field(
        default=180, ge=30, le=3650
    )
    """Age of the event from which the rows of messages that were sent or have failed are deleted;
    the events of messages stay."""
    notifications_reminder_idle_days: IdleDays = (2, 7)
    """Idle time before the first and the last reminder; `2` for one reminder, empty for none."""
    notifications_reminder_sweep_seconds: float = Field(default=60, gt=0)
    """Interval of the search for idle applications."""
    notifications_unverified_messages: Annotated[int, Unit("messages")] = Field(default=3, ge=1)
    """Messages of a kind to an address that is not verified, before they are collected into one."""
    notifications_unverified_interval_seconds: float = Field(default=3600, gt=0, le=43200)
    """Interval of the collecting messages to an address that is not verified."""
    notifications_reset_messages: Annotated[int, Unit("messages")] = Field(default=3, ge=1)
    """Password resets to an address, before they are collected into one message."""
    notifications_reset_interval_seconds: float = Field(default=600, gt=0, le=900)
    """Interval of the collecting password resets; less than a link works."""
    notifications_notice_messages: Annotated[int, Unit("messages")] = Field(default=3, ge=1)
    """Warnings of further registrations to an owner, before they are collected into one message."""
    notifications_notice_interval_seconds: float = Field(default=21600, gt=0)
    """Interval of the collecting warnings."""
    notifications_code_messages: Annotated[int, Unit("messages")] = Field(default=5, ge=1)
    """Codes by SMS to a number, before they are collected into one message."""
    notifications_code_interval_seconds: float = Field(default=120, gt=0, le=300)
    """Interval of the collecting codes by SMS; less than a code works."""
    notifications_document_interval_seconds: float = Field(default=600, gt=0, le=43200)
    """Time from the first news about a person's documents to the one message about all of them."""
    notifications_budget_hours: float = Field(default=24, gt=0)
    """From the first message of a kind to an address on, for how long its messages are counted."""
    notifications_smtp_security: Security = Security.AUTO
    """`auto`, `starttls`, `tls` or `none`; credentials are sent over TLS only."""
    notifications_smtp_timeout_seconds: float = Field(default=30, gt=0)
    """Time limit of one attempt to send an e-mail."""
    notifications_sms_authorization: SecretStr | None = None
    """Value of the credentials header of the SMS gateway, such as `Bearer …`."""
    notifications_sms_authorization_header: str = Field(
        default="Authorization", pattern=r"^[A-Za-z0-9-]+$"
    )
    """Name of the credentials header of the SMS gateway."""
    notifications_sms_body: str = '{"to": "{to}", "text": "{text}", "message_id": "{message_id}"}'
    """The JSON that the SMS gateway expects, with `{to}`, `{text}` and `{message_id}`."""
    notifications_sms_timeout_seconds: float = Field(default=10, gt=0)
    """Time limit of one attempt to send a short message."""
    notifications_lease_seconds: float = Field(default=120, gt=0)
    """Another worker may take a message whose attempt has not ended after this time; more than
    either timeout.
    """
    notifications_concurrency: Annotated[int, Unit("messages")] = Field(default=8, ge=1, le=64)
    """Messages sent at once by one process."""
    notifications_initial_backoff_seconds: float = Field(default=5, gt=0)
    """Delay after the first failed attempt; it grows with every further one."""
    notifications_max_backoff_seconds: float = Field(default=3600, gt=0)
    """Longest delay between two attempts."""
    notifications_max_attempts: Annotated[int, Unit("attempts")] = Field(default=30, ge=1)
    """Attempts before a message counts as failed."""
    vinculo_jwks_url: str | None = None
    """Address of onboarding's public keys; by default below `VINCULO_PUBLIC_URL`."""
    vinculo_oidc_issuers: OidcIssuersSetting = ()
    """Further issuers of access tokens for staff: a JSON list, or the path of a TOML file."""
    vinculo_link_key: SecretKeySetting
    """Derives the tokens of links and codes: 32 bytes in base64, the same in onboarding and
    notifications.
    """
    vinculo_smtp: SecretStr = SecretStr("smtp://127.0.0.1:1025")
    """The mail server, `smtp://user:password@host:port`; `smtps://` for TLS from the first byte."""
    vinculo_sms: SecretStr = SecretStr("http://127.0.0.1:1026/messages")
    """Address to which short messages are posted."""

    @property
    def bounce_address(self) -> str:
        """The envelope's sender, to which undeliverable mail is returned."""
        return self.notifications_bounce_address or parseaddr(self.notifications_sender)[1]

    @property
    def max_age(self) -> timedelta:
        return timedelta(days=self.notifications_max_age_days)

    @property
    def deliveries_kept(self) -> timedelta:
        return timedelta(days=self.notifications_deliveries_kept_days)

    @property
    def reminder_idle_times(self) -> tuple[timedelta, ...]:
        return tuple(timedelta(days=days) for days in self.notifications_reminder_idle_days)

    @property
    def budgets(self) -> dict[BudgetPurpose, Budget]:
        limits = {
            BudgetPurpose.UNVERIFIED: (
                self.notifications_unverified_messages,
                self.notifications_unverified_interval_seconds,
            ),
            BudgetPurpose.RESETS: (
                self.notifications_reset_messages,
                self.notifications_reset_interval_seconds,
            ),
            BudgetPurpose.NOTICES: (
                self.notifications_notice_messages,
                self.notifications_notice_interval_seconds,
            ),
            BudgetPurpose.CODES: (
                self.notifications_code_messages,
                self.notifications_code_interval_seconds,
            ),
            BudgetPurpose.DOCUMENTS: (0, self.notifications_document_interval_seconds),
        }
        window = timedelta(hours=self.notifications_budget_hours)
        return {
            purpose: Budget(messages=messages, interval=timedelta(seconds=seconds), window=window)
            for purpose, (messages, seconds) in limits.items()
        }

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.notifications_lease_seconds)

    @property
    def backoff(self) -> Backoff:
        return Backoff(
            initial_seconds=self.notifications_initial_backoff_seconds,
            max_seconds=self.notifications_max_backoff_seconds,
        )

    @property
    def sms_gateway(self) -> SmsGateway:
        authorization = self.notifications_sms_authorization
        header = self.notifications_sms_authorization_header
        return SmsGateway(
            url=self.vinculo_sms.get_secret_value(),
            body=parse_body_template(self.notifications_sms_body),
            headers={} if authorization is None else {header: authorization.get_secret_value()},
        )

    @property
    def smtp_server(self) -> SmtpServer:
        """From `smtp://user:password@host:port`, or `smtps://` for TLS from the first byte.

        Credentials are sent over TLS only: with them, `auto` becomes `starttls`.
        """
        url = urlsplit(self.vinculo_smtp.get_secret_value())
        security = self.notifications_smtp_security
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

    @field_validator("notifications_sender")
    @classmethod
    def _sender_has_an_address(cls, sender: str) -> str:
        if not parseaddr(sender)[1].partition("@")[2]:
            raise ValueError("must be an e-mail address, or a name and <an address>")
        return sender

    @field_validator("notifications_bounce_address")
    @classmethod
    def _bounce_address_is_an_address(cls, address: str | None) -> str | None:
        if address is not None and (
            parseaddr(address)[1] != address or not address.partition("@")[2]
        ):
            raise ValueError("must be an e-mail address")
        return address

    @field_validator("notifications_disabled_templates")
    @classmethod
    def _required_templates_are_enabled(cls, templates: frozenset[Template]) -> frozenset[Template]:
        if required := templates & REQUIRED_TEMPLATES:
            raise ValueError(f"cannot be disabled: {', '.join(sorted(required))}")
        return templates

    @field_validator("notifications_reminder_idle_days")
    @classmethod
    def _idle_days_increase(cls, days: tuple[float, ...]) -> tuple[float, ...]:
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise ValueError("must increase")
        return days

    @field_validator("notifications_sms_body")
    @classmethod
    def _sms_body_carries_a_message(cls, body: str) -> str:
        parse_body_template(body)
        return body

    @field_validator("vinculo_sms")
    @classmethod
    def _sms_is_a_url(cls, sms: SecretStr) -> SecretStr:
        url = urlsplit(sms.get_secret_value())
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise ValueError("must begin with http:// or https://")
        return sms

    @field_validator("vinculo_smtp")
    @classmethod
    def _smtp_is_a_url(cls, smtp: SecretStr) -> SecretStr:
        url = urlsplit(smtp.get_secret_value())
        if url.scheme not in {"smtp", "smtps"} or not url.hostname:
            raise ValueError("must be smtp://host:port or smtps://host:port")
        return smtp

    @model_validator(mode="after")
    def _lease_outlasts_an_attempt(self) -> "Settings":
        longest = max(
            self.notifications_smtp_timeout_seconds, self.notifications_sms_timeout_seconds
        )
        if self.notifications_lease_seconds <= longest:
            raise ValueError(
                "NOTIFICATIONS_LEASE_SECONDS must be more than NOTIFICATIONS_SMTP_TIMEOUT_SECONDS "
                "and NOTIFICATIONS_SMS_TIMEOUT_SECONDS"
            )
        return self

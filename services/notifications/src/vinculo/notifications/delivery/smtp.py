"""Giving a message to an SMTP server, and what its answers mean for another attempt."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from uuid import UUID

import aiosmtplib

from vinculo.notifications.delivery.transports import Email, PermanentFailure, TransientFailure
from vinculo.notifications.domain.message import FailureReason, Locale
from vinculo.notifications.rendering.render import RenderedEmail

PERMANENT_CODES = range(500, 600)


class Security(StrEnum):
    """`auto` upgrades to TLS when the server offers it."""

    AUTO = "auto"
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = None


class SmtpTransport:
    """One connection per message: a message that breaks its connection breaks no other's.

    `bounce_address` is the envelope's sender, where servers report what they could not deliver.
    """

    def __init__(self, server: SmtpServer, *, bounce_address: str, timeout_seconds: float) -> None:
        self._server = server
        self._bounce_address = bounce_address
        self._timeout_seconds = timeout_seconds

    async def send(self, email: Email) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds), self._connection() as connection:
                await connection.send_message(
                    email.message, sender=self._bounce_address, recipients=[email.address]
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code
            raise failure_of(code, FailureReason.ADDRESS_REFUSED, error) from error
        except aiosmtplib.SMTPDataError as error:
            raise failure_of(error.code, FailureReason.MESSAGE_REFUSED, error) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise TransientFailure(type(error).__name__) from error

    def _connection(self) -> aiosmtplib.SMTP:
        server = self._server
        start_tls = {Security.AUTO: None, Security.STARTTLS: True}.get(server.security, False)
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security is Security.TLS,
            start_tls=start_tls,
            username=server.username,
            password=server.password,
            local_hostname=self._bounce_address.rpartition("@")[2],
            timeout=self._timeout_seconds,
        )


def failure_of(
    code: int, reason: FailureReason, error: Exception
) -> PermanentFailure | TransientFailure:
    if code in PERMANENT_CODES:
        return PermanentFailure(reason, code)
    return TransientFailure(type(error).__name__)


class UnusableAddress(Exception):
    """The address cannot be written into a header."""


def mime_message(
    mail: RenderedEmail, *, message_id: UUID, sender: str, to: str, locale: Locale, now: datetime
) -> EmailMessage:
    """Give a multipart message; its `Message-ID` is the same whenever it is sent again."""
    message = EmailMessage(policy=SMTP)
    sender_name, sender_address = parseaddr(sender)
    message["From"] = Address(sender_name, addr_spec=sender_address)
    message["To"] = _recipient(to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{message_id}@{sender_address.rpartition('@')[2]}>"
    message["Content-Language"] = locale.value
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def ascii_domain(address: str) -> str:
    """Write an international domain as mail servers know it; the part before `@` stays."""
    local, at, domain = address.rpartition("@")
    if not at:
        raise UnusableAddress
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise UnusableAddress from error


def _recipient(to: str) -> Address:
    try:
        return Address(addr_spec=to)
    except (ValueError, IndexError, MessageError) as error:
        raise UnusableAddress from error

"""Sends e-mails to an SMTP server: the MIME message, the connection, the meaning of replies."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from typing import Final
from uuid import UUID

import aiosmtplib

from vinculo.notifications.delivery.transports import Email, PermanentFailure, TransientFailure
from vinculo.notifications.domain.message import FailureReason
from vinculo.notifications.rendering.render import RenderedEmail
from vinculo.translation import Language
from vinculo.values.contacts import mail_recipient
from vinculo.values.invalid_value import InvalidValue

PERMANENT_CODES: Final = range(500, 600)
ADDRESS_NOT_SUPPORTED: Final = 553
"""RFC 6531: what a server without SMTPUTF8 replies to an address that needs it."""


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


class UnusableAddress(Exception):
    """The address cannot be written into a mail header."""


class SmtpTransport:
    """One connection per message: a message that breaks its connection breaks no other's.

    `bounce_address` is the envelope's sender, to which servers report undeliverable mail.
    """

    def __init__(self, server: SmtpServer, *, bounce_address: str, timeout_seconds: float) -> None:
        self._server = server
        self._bounce_address = bounce_address
        self._timeout_seconds = timeout_seconds

    async def send(self, email: Email) -> None:
        """Raise PermanentFailure for a 5xx reply to recipient or message, else TransientFailure.

        An address that needs SMTPUTF8, which the server lacks, is a permanent failure too.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds), self._connection() as connection:
                await connection.send_message(
                    email.message, sender=self._bounce_address, recipients=[email.address]
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code
            raise _failure(code, FailureReason.ADDRESS_REFUSED, error) from error
        except aiosmtplib.SMTPDataError as error:
            raise _failure(error.code, FailureReason.MESSAGE_REFUSED, error) from error
        except aiosmtplib.SMTPNotSupported as error:
            if email.address.isascii():
                raise TransientFailure(type(error).__name__) from error
            raise PermanentFailure(FailureReason.ADDRESS_REFUSED, ADDRESS_NOT_SUPPORTED) from error
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


def mime_message(
    email: RenderedEmail,
    *,
    message_id: UUID,
    sender: str,
    to: str,
    language: Language,
    now: datetime,
    smtputf8: bool = False,
) -> EmailMessage:
    """A multipart message with the same `Message-ID` for every attempt.

    Raise UnusableAddress when `to` is not an e-mail address, in ASCII unless `smtputf8`.
    """
    message = EmailMessage(policy=SMTPUTF8 if smtputf8 and not to.isascii() else SMTP)
    sender_name, sender_address = parseaddr(sender)
    message["From"] = Address(sender_name, addr_spec=sender_address)
    message["To"] = _recipient(to, smtputf8=smtputf8)
    message["Subject"] = email.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{message_id}@{sender_address.rpartition('@')[2]}>"
    message["Content-Language"] = language
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.text)
    message.add_alternative(email.html, subtype="html")
    return message


def usable_address(address: str, *, smtputf8: bool) -> str:
    """The address as the server takes it, by the rule of the registration form.

    Raise UnusableAddress for an address that the form would refuse.
    """
    try:
        return mail_recipient(address, smtputf8=smtputf8)
    except InvalidValue as error:
        raise UnusableAddress from error


def _failure(
    code: int, reason: FailureReason, error: Exception
) -> PermanentFailure | TransientFailure:
    if code in PERMANENT_CODES:
        return PermanentFailure(reason, code)
    return TransientFailure(type(error).__name__)


def _recipient(to: str, *, smtputf8: bool) -> Address:
    local, _, domain = to.rpartition("@")
    try:
        if smtputf8 and not to.isascii():
            return Address(username=local, domain=domain)
        return Address(addr_spec=to)
    except (ValueError, IndexError, MessageError) as error:
        raise UnusableAddress from error

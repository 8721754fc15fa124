"""Giving a message to an SMTP server, and what its answers mean for another attempt."""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import Protocol

import aiosmtplib

from vinculo.notifications.domain.message import FailureReason

PERMANENT = range(500, 600)


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


class RefusedForGood(Exception):
    """The server will never take this message for this address."""

    def __init__(self, reason: FailureReason, code: int) -> None:
        super().__init__(f"{reason.value} with {code}")
        self.reason = reason


class NotSentNow(Exception):
    """The server is away, busy or not set up for us; another attempt may succeed."""


class Transport(Protocol):
    async def send(self, message: EmailMessage, address: str) -> None:
        """Return once the server has taken the message; raise RefusedForGood or NotSentNow."""
        ...


class SmtpTransport:
    """One connection per message: a message that breaks its connection breaks no other's."""

    def __init__(self, server: SmtpServer, *, sender_address: str, timeout_seconds: float) -> None:
        self._server = server
        self._sender_address = sender_address
        self._timeout_seconds = timeout_seconds

    async def send(self, message: EmailMessage, address: str) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds), self._connection() as connection:
                await connection.send_message(
                    message, sender=self._sender_address, recipients=[address]
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code
            raise outcome(code, FailureReason.ADDRESS_REFUSED, error) from error
        except aiosmtplib.SMTPDataError as error:
            raise outcome(error.code, FailureReason.MESSAGE_REFUSED, error) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise NotSentNow(type(error).__name__) from error

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
            local_hostname=self._sender_address.rpartition("@")[2],
            timeout=self._timeout_seconds,
        )


def outcome(code: int, reason: FailureReason, error: Exception) -> RefusedForGood | NotSentNow:
    if code in PERMANENT:
        return RefusedForGood(reason, code)
    return NotSentNow(type(error).__name__)

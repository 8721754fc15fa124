"""Giving a message to an SMTP server, and what its answers mean for another attempt."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

import aiosmtplib

from vinculo.notifications.domain.message import FailureReason
from vinculo.notifications.transports import Letter, NotSentNow, RefusedForGood

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


class SmtpTransport:
    """One connection per message: a message that breaks its connection breaks no other's.

    `bounce_address` is the envelope's sender, where servers report what they could not deliver.
    """

    def __init__(self, server: SmtpServer, *, bounce_address: str, timeout_seconds: float) -> None:
        self._server = server
        self._bounce_address = bounce_address
        self._timeout_seconds = timeout_seconds

    async def send(self, letter: Letter) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds), self._connection() as connection:
                await connection.send_message(
                    letter.message, sender=self._bounce_address, recipients=[letter.address]
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
            local_hostname=self._bounce_address.rpartition("@")[2],
            timeout=self._timeout_seconds,
        )


def outcome(code: int, reason: FailureReason, error: Exception) -> RefusedForGood | NotSentNow:
    if code in PERMANENT:
        return RefusedForGood(reason, code)
    return NotSentNow(type(error).__name__)

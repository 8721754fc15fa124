"""What a mail server or SMS gateway is given, and how it reports a failure."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol
from uuid import UUID

from vinculo.notifications.domain.message import FailureReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """`address` is the recipient in the SMTP envelope."""

    address: str
    message: EmailMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """`phone` is in E.164; `message_id` is the same for every attempt."""

    phone: str
    text: str
    message_id: UUID


class PermanentFailure(Exception):
    """The server refused this message or this address; another attempt would be refused too."""

    def __init__(self, reason: FailureReason, code: int) -> None:
        super().__init__(f"{reason.value} with {code}")
        self.reason = reason


class TransientFailure(Exception):
    """The server is away, busy or refuses our credentials; another attempt may succeed."""


class EmailTransport(Protocol):
    async def send(self, email: Email) -> None:
        """Return once the server accepted it; raise PermanentFailure or TransientFailure."""
        ...


class SmsTransport(Protocol):
    async def send(self, message: ShortMessage) -> None:
        """Return once the gateway accepted it; raise PermanentFailure or TransientFailure."""
        ...

"""What is handed to a carrier, and what its answers mean for another attempt."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol
from uuid import UUID

from vinculo.notifications.domain.message import FailureReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """`address` is where `message` goes."""

    address: str
    message: EmailMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """`phone` is in E.164; `message_id` is the same whenever it is sent again."""

    phone: str
    text: str
    message_id: UUID


class PermanentFailure(Exception):
    """The carrier will never take this message for this address."""

    def __init__(self, reason: FailureReason, code: int) -> None:
        super().__init__(f"{reason.value} with {code}")
        self.reason = reason


class TransientFailure(Exception):
    """The carrier is away, busy or not set up for us; another attempt may succeed."""


class MailTransport(Protocol):
    async def send(self, email: Email) -> None:
        """Return once the server accepted it; raise PermanentFailure or TransientFailure."""
        ...


class SmsTransport(Protocol):
    async def send(self, message: ShortMessage) -> None:
        """Return once the gateway accepted it; raise PermanentFailure or TransientFailure."""
        ...

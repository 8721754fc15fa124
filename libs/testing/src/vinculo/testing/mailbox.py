"""Reads the messages that the mail server received."""

import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from vinculo.testing.waiting import eventually


class MailBox:
    """The messages received since this object was created; `address` is for VINCULO_SMTP."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self._folder = folder
        self._since = time.time_ns()

    def all(self, to: str | None = None) -> list[EmailMessage]:
        """The messages, oldest first; with `to` only those to this recipient."""
        paths = sorted(self._folder.glob("*.eml"))
        messages = [_read(path) for path in paths if _received_at(path) >= self._since]
        return [message for message in messages if to is None or _is_to(message, to)]

    async def wait_for(
        self,
        to: str,
        subject_contains: str | None = None,
        timeout: float = 20,  # noqa: ASYNC109  # the time limit is part of the message
    ) -> EmailMessage:
        """The newest message to this recipient.

        Raises:
            AssertionError: there is none after `timeout` seconds.

        """

        def newest() -> EmailMessage | None:
            messages = self.all(to)
            if subject_contains is not None:
                messages = [mail for mail in messages if subject_contains in str(mail["Subject"])]
            return messages[-1] if messages else None

        message = await eventually(newest, timeout)
        assert message is not None  # noqa: S101  # eventually returns truthy values only
        return message


def _received_at(path: Path) -> int:
    return int(path.name.partition("-")[0])


def _read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    if not isinstance(message, EmailMessage):  # pragma: no cover  # the policy makes EmailMessage
        raise TypeError(f"{path} is not a message")
    return message


def _is_to(message: EmailMessage, recipient: str) -> bool:
    recipients = str(message["X-Envelope-To"]).split(",")
    return recipient.casefold() in {name.strip().casefold() for name in recipients}

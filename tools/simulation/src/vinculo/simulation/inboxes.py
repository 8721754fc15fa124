"""Reading the e-mails and text messages that a system sent, from the development servers."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from uuid import UUID

import httpx2

from vinculo.simulation.polling import wait_until

CODE = re.compile(r"\b\d{6}\b")
ACTIVATION_LINK = re.compile(r"/activate#([0-9a-f-]{36})\.([A-Za-z0-9_-]+)")
MAX_MAILS = 50


class MailboxNotConfiguredError(Exception):
    """The environment does not say where mails can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationLink:
    link_id: UUID
    token: str


class MailSource(Protocol):
    async def received_by(self, address: str) -> list[Mail]:
        """The mails to the address, oldest first."""
        ...


class MailFolder:
    """The files of the native mail server; each file is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()
        self._received: dict[str, list[Mail]] = {}
        self._lock = asyncio.Lock()

    async def received_by(self, address: str) -> list[Mail]:
        async with self._lock:
            for path in await asyncio.to_thread(self._new_files):
                self._load(path)
        return list(self._received.get(address.casefold(), ()))

    def _new_files(self) -> list[Path]:
        names = (path.name for path in self._folder.glob("*.eml"))
        return [self._folder / name for name in sorted(names) if name not in self._seen]

    def _load(self, path: Path) -> None:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        self._seen.add(path.name)
        mail = Mail(subject=str(message["Subject"]), text=_text(message))
        for address in str(message["X-Envelope-To"]).split(","):
            self._received.setdefault(address.strip().casefold(), []).append(mail)


class Mailpit:
    """The mail server of the containers, over its HTTP interface."""

    def __init__(self, url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._client = httpx2.AsyncClient(base_url=url, timeout=20, transport=transport)

    async def received_by(self, address: str) -> list[Mail]:
        params: Mapping[str, str | int] = {"query": f'to:"{address}"', "limit": MAX_MAILS}
        found = await self._client.get("/api/v1/search", params=params)
        found.raise_for_status()
        mails = []
        for each in reversed(found.json()["messages"]):
            message = await self._client.get(f"/api/v1/message/{each['ID']}")
            message.raise_for_status()
            mails.append(Mail(subject=each["Subject"], text=message.json()["Text"]))
        return mails


class Mailbox:
    """Waits for mails and activation links to an address."""

    def __init__(self, mails: MailSource, *, timeout_seconds: float = 120.0) -> None:
        self._mails = mails
        self._timeout_seconds = timeout_seconds

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Mailbox":
        """Raises MailboxNotConfiguredError."""
        if url := environment.get("VINCULO_MAIL_URL"):
            return cls(Mailpit(url))
        if folder := environment.get("VINCULO_MAIL_DIR"):
            return cls(MailFolder(Path(folder)))
        raise MailboxNotConfiguredError(
            "set VINCULO_MAIL_DIR or VINCULO_MAIL_URL to read the mails of the system"
        )

    async def mails_to(self, address: str) -> list[Mail]:
        return await self._mails.received_by(address)

    async def wait_for(self, address: str, *, skip: int = 0, subject_contains: str = "") -> Mail:
        """Wait for a mail with this text in its subject, ignoring the first `skip`; the newest."""

        async def newest() -> Mail | None:
            mails = (await self._mails.received_by(address))[skip:]
            found = [mail for mail in mails if subject_contains in mail.subject]
            return found[-1] if found else None

        return await wait_until(
            f"a mail to {address}", newest, timeout_seconds=self._timeout_seconds
        )

    async def wait_for_link(self, address: str) -> ActivationLink:
        """Wait for an activation link; the newest."""

        async def newest() -> ActivationLink | None:
            links = [
                found
                for mail in await self._mails.received_by(address)
                if (found := activation_link_in(mail))
            ]
            return links[-1] if links else None

        return await wait_until(
            f"a link to {address}", newest, timeout_seconds=self._timeout_seconds
        )


def activation_link_in(mail: Mail) -> ActivationLink | None:
    found = ACTIVATION_LINK.search(mail.text)
    return ActivationLink(link_id=UUID(found[1]), token=found[2]) if found else None


def _text(message: object) -> str:
    body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
    return "" if body is None else str(body.get_content())


class SmsInboxNotConfiguredError(Exception):
    """The environment does not say where text messages can be read."""


class SmsInbox:
    """The messages of the development SMS gateway; `url` is the address the system posts to."""

    def __init__(self, url: str, *, timeout_seconds: float = 120.0) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "SmsInbox":
        """Raises SmsInboxNotConfiguredError."""
        if url := environment.get("VINCULO_SMS"):
            return cls(url)
        raise SmsInboxNotConfiguredError("set VINCULO_SMS to read the text messages of the system")

    async def received_by(self, phone: str) -> list[str]:
        """The messages to the phone, oldest first."""
        async with httpx2.AsyncClient(timeout=20) as client:
            response = await client.get(self._url, params={"to": phone})
        response.raise_for_status()
        return [str(message["text"]) for message in response.json()]

    async def wait_for_code(self, phone: str) -> str:
        """Wait for a six-digit code; the newest."""

        async def newest() -> str | None:
            texts = await self.received_by(phone)
            codes = [found[0] for text in texts if (found := CODE.search(text))]
            return codes[-1] if codes else None

        return await wait_until(f"a code to {phone}", newest, timeout_seconds=self._timeout_seconds)

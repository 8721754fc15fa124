"""Reading the e-mails that the system sent, where the mail server keeps them."""

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

from vinculo.simulation.conditions import until

LINK = re.compile(r"/activate#([0-9a-f-]{36})\.([A-Za-z0-9_-]+)")
MAILS_AT_ONCE = 50


class NoMailBox(Exception):
    """The settings do not tell where mails can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    link_id: UUID
    token: str


class Mails(Protocol):
    async def to(self, address: str) -> list[Mail]:
        """Give what was received for the address, oldest first."""
        ...


class MailFolder:
    """The files of the native mail server; each is read once, whoever asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()
        self._received: dict[str, list[Mail]] = {}
        self._reading = asyncio.Lock()

    async def to(self, address: str) -> list[Mail]:
        async with self._reading:
            for path in await asyncio.to_thread(self._unseen):
                self._take(path)
        return list(self._received.get(address.casefold(), ()))

    def _unseen(self) -> list[Path]:
        names = (path.name for path in self._folder.glob("*.eml"))
        return [self._folder / name for name in sorted(names) if name not in self._seen]

    def _take(self, path: Path) -> None:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        self._seen.add(path.name)
        mail = Mail(subject=str(message["Subject"]), text=_text(message))
        for address in str(message["X-Envelope-To"]).split(","):
            self._received.setdefault(address.strip().casefold(), []).append(mail)


class Mailpit:
    """The mail server of the containers, by its HTTP interface."""

    def __init__(self, url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._client = httpx2.AsyncClient(base_url=url, timeout=20, transport=transport)

    async def to(self, address: str) -> list[Mail]:
        params: Mapping[str, str | int] = {"query": f'to:"{address}"', "limit": MAILS_AT_ONCE}
        found = await self._client.get("/api/v1/search", params=params)
        found.raise_for_status()
        mails = []
        for each in reversed(found.json()["messages"]):
            message = await self._client.get(f"/api/v1/message/{each['ID']}")
            message.raise_for_status()
            mails.append(Mail(subject=each["Subject"], text=message.json()["Text"]))
        return mails


class MailBox:
    """What people do with their mail: look for the link, see that something came."""

    def __init__(self, mails: Mails, *, patience_seconds: float = 120.0) -> None:
        self._mails = mails
        self._patience_seconds = patience_seconds

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "MailBox":
        if url := environment.get("VINCULO_MAIL_URL"):
            return cls(Mailpit(url))
        if folder := environment.get("VINCULO_MAIL_DIR"):
            return cls(MailFolder(Path(folder)))
        raise NoMailBox("set VINCULO_MAIL_DIR or VINCULO_MAIL_URL, to read the mails it sends")

    async def all(self, address: str) -> list[Mail]:
        return await self._mails.to(address)

    async def wait_for(self, address: str, *, after: int = 0, about: str = "") -> Mail:
        """Wait for a mail that comes after so many others, with these words in its subject."""

        async def newest() -> Mail | None:
            mails = (await self._mails.to(address))[after:]
            found = [mail for mail in mails if about in mail.subject]
            return found[-1] if found else None

        return await until(f"a mail to {address}", newest, patience_seconds=self._patience_seconds)

    async def wait_for_link(self, address: str) -> Link:
        """Wait for an activation link and give the newest."""

        async def newest() -> Link | None:
            links = [found for mail in await self._mails.to(address) if (found := link_in(mail))]
            return links[-1] if links else None

        return await until(f"a link to {address}", newest, patience_seconds=self._patience_seconds)


def link_in(mail: Mail) -> Link | None:
    found = LINK.search(mail.text)
    return Link(link_id=UUID(found[1]), token=found[2]) if found else None


def _text(message: object) -> str:
    body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
    return "" if body is None else str(body.get_content())

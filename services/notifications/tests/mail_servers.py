"""SMTP servers for tests: one whose replies a test chooses, and a silent one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session

OK = "250 OK"


@dataclass(kw_only=True)
class Behaviour:
    """`rcpt_replies` by address, and `data_reply` to the message; `accepted` are its recipients.

    `smtputf8` tells whether the server offers to take addresses that are not ASCII.
    """

    rcpt_replies: dict[str, str] = field(default_factory=dict)
    data_reply: str = OK
    accepted: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    smtputf8: bool = False

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        reply = self.rcpt_replies.get(address, OK)
        if reply == OK:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.data_reply == OK:
            self.accepted.extend(envelope.rcpt_tos)
            self.senders.append(str(envelope.mail_from))
        return self.data_reply


@asynccontextmanager
async def mail_server(behaviour: Behaviour, port: int = 0) -> AsyncIterator[int]:
    """The port of the server on 127.0.0.1."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            behaviour, loop=loop, hostname="mail.example", enable_SMTPUTF8=behaviour.smtputf8
        ),
        "127.0.0.1",
        port,
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """The port of a server that accepts connections and sends nothing."""

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(ignore, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]

"""An SMTP server that refuses and stalls as a test says, on a port of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session

OK = "250 OK"


@dataclass(kw_only=True)
class Behaviour:
    """`answers` to RCPT by address, `data_answer` to the message itself."""

    answers: dict[str, str] = field(default_factory=dict)
    data_answer: str = OK
    taken: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        answer = self.answers.get(address, OK)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.data_answer == OK:
            self.taken.extend(envelope.rcpt_tos)
            self.senders.append(str(envelope.mail_from))
        return self.data_answer


@asynccontextmanager
async def mail_server(behaviour: Behaviour, port: int = 0) -> AsyncIterator[int]:
    """Serve on 127.0.0.1 and give the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(behaviour, loop=loop, hostname="mail.example"), "127.0.0.1", port
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """Accept connections and never say a word."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]

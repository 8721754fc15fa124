"""The mail server's process: `python -m vinculo.local.servers.mail_sink PORT FOLDER`."""

import asyncio
import signal
import sys
import time
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class FileHandler:
    """Stores each message as a file, renamed into place so that no reader sees half of one.

    File names begin with the time in nanoseconds and sort by arrival.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    async def handle_DATA(  # noqa: N802  # the name aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        name = f"{time.time_ns()}-{next(self._numbers):06}.eml"
        recipients = ", ".join(envelope.rcpt_tos)
        header = f"X-Envelope-To: {recipients}\r\n".encode()
        content = envelope.content
        body = content if isinstance(content, bytes) else (content or "").encode()
        unfinished = self._folder / f"{name}.making"
        unfinished.write_bytes(header + body)
        unfinished.rename(self._folder / name)
        return "250 Message stored"


async def serve(port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    stop_requested = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop_requested.set)
    handler = FileHandler(folder)
    server = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port
    )
    async with server:
        await stop_requested.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))

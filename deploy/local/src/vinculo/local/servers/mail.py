"""An SMTP server that keeps every message as a file, so that people and tests can read them."""

import sys
from pathlib import Path

from vinculo.local.program import NotReadyError, Program
from vinculo.local.servers.answers import first_line


async def mail(directory: Path, *, port: int) -> Program:
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # before anything runs
    return Program(
        name="mail",
        command=[
            *(sys.executable, "-m", "vinculo.local.servers.mail_sink"),
            *(str(port), str(directory)),
        ],
        directory=directory,
        ready=lambda: answers(port),
    )


async def answers(port: int) -> None:
    if not (await first_line(port)).startswith("220"):
        raise NotReadyError("the mail server does not greet")

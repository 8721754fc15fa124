"""An SMS gateway that keeps every message as a file, so that people and tests can read them."""

import sys
from pathlib import Path

from vinculo.local.program import NotReadyError, Program
from vinculo.local.servers.answers import http_status

OK = 200


async def sms(directory: Path, *, port: int) -> Program:
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # before anything runs
    return Program(
        name="sms",
        command=[
            *(sys.executable, "-m", "vinculo.local.servers.sms_sink"),
            *(str(port), str(directory)),
        ],
        directory=directory,
        ready=lambda: answers(port),
    )


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}/messages"


async def answers(port: int) -> None:
    if await http_status(port, "/messages?to=nobody") != OK:
        raise NotReadyError("the SMS gateway does not answer")

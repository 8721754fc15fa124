"""Development mail server and SMS gateway: each stores every message as a file.

People and tests read the files instead of an inbox or a phone.
"""

import sys
from pathlib import Path

from vinculo.local.process_spec import NotReadyError, ProcessSpec
from vinculo.local.servers.probes import check_http_ok, first_line


async def mail_server_spec(directory: Path, *, port: int) -> ProcessSpec:
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # before anything runs
    return ProcessSpec(
        name="mail",
        command=[
            *(sys.executable, "-m", "vinculo.local.servers.mail_sink"),
            *(str(port), str(directory)),
        ],
        directory=directory,
        ready=lambda: check_smtp(port),
    )


async def sms_gateway_spec(directory: Path, *, port: int) -> ProcessSpec:
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # before anything runs
    return ProcessSpec(
        name="sms",
        command=[
            *(sys.executable, "-m", "vinculo.local.servers.sms_sink"),
            *(str(port), str(directory)),
        ],
        directory=directory,
        ready=lambda: check_http_ok(port, "/messages?to=unknown"),
    )


def sms_url(port: int) -> str:
    return f"http://127.0.0.1:{port}/messages"


async def check_smtp(port: int) -> None:
    if not (await first_line(port)).startswith("220"):
        raise NotReadyError("the mail server sends no greeting")

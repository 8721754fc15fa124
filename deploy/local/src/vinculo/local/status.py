"""What of a running system answers, asked directly and not through the gateway."""

import asyncio
from pathlib import Path

from vinculo.local.members import PROCESSES
from vinculo.local.program import NotReadyError
from vinculo.local.servers.answers import http_status, listens
from vinculo.local.stack_file import StackFile

OK = 200
SERVERS = ("postgres", "kafka", "mongodb", "minio", "mail", "sms")


async def states(directory: Path) -> list[tuple[str, str, str]]:
    """Give name, address and state of every server, process and the gateway."""
    ports = StackFile(directory).ports
    names = [*SERVERS, *(process.name for process in PROCESSES), "gateway"]
    known = [name for name in names if name in ports]
    answers = await asyncio.gather(*(_state(name, ports[name]) for name in known))
    return [
        (name, f"127.0.0.1:{ports[name]}", state)
        for name, state in zip(known, answers, strict=True)
    ]


async def _state(name: str, port: int) -> str:
    try:
        if name in SERVERS:
            await listens(port)
            return "up"
        status = await http_status(port, "/health" if name == "gateway" else "/health/ready")
    except NotReadyError:
        return "down"
    return "ready" if status == OK else f"not ready ({status})"

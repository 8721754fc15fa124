"""The read model of a population, made by the query service's own rebuild."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping

from vinculo.local.process_spec import StartFailedError

LAST_LINES = 20


async def build_read_model(
    environment: Mapping[str, str], say: Callable[[str], None], *, processes: int | None = None
) -> None:
    """Run the operators' command and pass on what it says; raises StartFailedError."""
    more = [] if processes is None else ["--processes", str(processes)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "rebuild", *more),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said: list[str] = []
    try:
        if process.stdout is None:
            raise StartFailedError("the rebuild cannot be listened to")
        async for line in process.stdout:
            said = [*said[1 - LAST_LINES :], line.decode(errors="replace").strip()]
            say(said[-1])
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if code != 0:
        raise StartFailedError(f"the rebuild ended with {code}: {' '.join(said)}")

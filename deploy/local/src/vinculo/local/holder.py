"""The background process that owns a running system: `python -m vinculo.local.holder`.

It tells whoever started it what goes on, one JSON object a line on standard output, and stays
until it is told to end.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from vinculo.local.lock import AlreadyUpError
from vinculo.local.program import StartFailedError
from vinculo.local.progress import Step
from vinculo.local.system import System

ALREADY_UP = 3


def tell(name: str, step: str, detail: str = "") -> None:
    line = json.dumps({"name": name, "step": step, "detail": detail}) + "\n"
    try:
        os.write(sys.stdout.fileno(), line.encode())
    except BrokenPipeError:
        # Whoever listened is gone; the system is to go on, and the log keeps the line.
        sys.stderr.write(line)


def report(name: str, step: Step, detail: str = "") -> None:
    tell(name, step, detail)


async def hold(system: System) -> int:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def end() -> None:
        # While starting, the start itself is given up; later the event is waited for.
        if not ended.is_set() and task is not None and not started:
            task.cancel()
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    started = False
    try:
        await system.start()
    except AlreadyUpError:
        return ALREADY_UP
    except StartFailedError as failure:
        tell("", Step.FAILED, str(failure))
        return 1
    except asyncio.CancelledError:
        return 1
    started = True
    tell("", Step.READY)
    await ended.wait()
    await system.stop()
    return 0


if __name__ == "__main__":
    whole = System(Path(sys.argv[1]), port=int(sys.argv[2]), report=report)
    sys.exit(asyncio.run(hold(whole)))

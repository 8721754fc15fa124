"""Starting a system in the background and stopping it, from the command line's point of view."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from vinculo.local.holder import ALREADY_UP
from vinculo.local.lock import FILE as LOCK
from vinculo.local.lock import end_all, is_held
from vinculo.local.program import StartFailedError
from vinculo.local.progress import Step

OWNER = (sys.executable, "-m", "vinculo.local.holder")
Show = Callable[[str, Step, str], None]


def start(directory: Path, *, port: int, show: Show, owner_command: Sequence[str] = OWNER) -> bool:
    """Start the owner and follow it until the system is ready; False when it was up already.

    Ctrl-C gives the start up and waits until nothing of it is left.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "logs").mkdir(exist_ok=True)
    with (directory / "logs" / "vinculo.log").open("ab") as log:
        owner = subprocess.Popen(  # noqa: S603  # our own module
            [*owner_command, str(directory.resolve()), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        return _follow(owner, directory, show)
    except KeyboardInterrupt:
        os.kill(owner.pid, signal.SIGTERM)
        owner.wait()
        raise


def _follow(owner: subprocess.Popen[bytes], directory: Path, show: Show) -> bool:
    if owner.stdout is None:
        raise RuntimeError("The owner's output is not piped")
    failure = f"it ended unexpectedly; see {directory / 'logs' / 'vinculo.log'}"
    with owner.stdout:
        for line in owner.stdout:
            told = json.loads(line)
            step = Step(told["step"])
            if told["name"]:
                show(told["name"], step, told["detail"])
            elif step is Step.READY:
                # The owner lives on, so nobody waits for it here.
                owner.returncode = 0
                return True
            else:
                failure = told["detail"]
    if owner.wait() == ALREADY_UP:
        return False
    raise StartFailedError(failure)


async def stop(directory: Path) -> bool:
    """End everything of the system; False when nothing of it was running."""
    lock = directory / LOCK
    if not is_held(lock):
        return False
    await end_all(lock)
    return True

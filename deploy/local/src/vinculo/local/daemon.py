"""The background process that owns a running system: `python -m vinculo.local.daemon FOLDER PORT`.

While it starts, it writes its progress to standard output, one JSON object per line. It stops the
system and exits on SIGTERM, SIGINT or SIGHUP.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from vinculo.local.lock import LOCK_FILE, AlreadyRunningError, is_locked, terminate_all
from vinculo.local.process_spec import StartFailedError
from vinculo.local.supervisor import ProgressReporter, StartStep
from vinculo.local.system import System

ALREADY_RUNNING = 3
DAEMON_COMMAND = (sys.executable, "-m", "vinculo.local.daemon")


def start_daemon(
    directory: Path,
    *,
    port: int,
    report: ProgressReporter,
    command: Sequence[str] = DAEMON_COMMAND,
) -> bool:
    """Start the daemon and wait until the system is ready; False when it was already running.

    Ctrl-C cancels the start and waits until everything has stopped. Raises `StartFailedError`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "logs").mkdir(exist_ok=True)
    with (directory / "logs" / "vinculo.log").open("ab") as log:
        daemon = subprocess.Popen(  # noqa: S603  # our own module
            [*command, str(directory.resolve()), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        return _wait_until_ready(daemon, directory, report)
    except KeyboardInterrupt:
        os.kill(daemon.pid, signal.SIGTERM)
        daemon.wait()
        raise


async def stop_daemon(directory: Path) -> bool:
    """Stop every process of the system; False when none was running."""
    lock = directory / LOCK_FILE
    if not is_locked(lock):
        return False
    await terminate_all(lock)
    return True


def _wait_until_ready(
    daemon: subprocess.Popen[bytes], directory: Path, report: ProgressReporter
) -> bool:
    if daemon.stdout is None:
        raise RuntimeError("The daemon's output is not piped")
    failure = f"the daemon exited unexpectedly; see {directory / 'logs' / 'vinculo.log'}"
    with daemon.stdout:
        for line in daemon.stdout:
            progress = json.loads(line)
            step = StartStep(progress["step"])
            if progress["name"]:
                report(progress["name"], step, progress["detail"])
            elif step is StartStep.READY:
                # The daemon keeps running: Popen must not warn that it was not waited for.
                daemon.returncode = 0
                return True
            else:
                failure = progress["detail"]
    if daemon.wait() == ALREADY_RUNNING:
        return False
    raise StartFailedError(failure)


async def run_daemon(system: System) -> int:
    """Start the system and stop it on a signal; the exit code."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    stop_requested = asyncio.Event()
    is_started = False

    def request_stop() -> None:
        # During startup the start itself is cancelled; afterwards the event is waited for.
        if not stop_requested.is_set() and task is not None and not is_started:
            task.cancel()
        stop_requested.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, request_stop)
    try:
        await system.start()
    except AlreadyRunningError:
        return ALREADY_RUNNING
    except StartFailedError as failure:
        emit("", StartStep.FAILED, str(failure))
        return 1
    except asyncio.CancelledError:
        return 1
    is_started = True
    emit("", StartStep.READY)
    await stop_requested.wait()
    await system.stop()
    return 0


def emit(name: str, step: StartStep, detail: str = "") -> None:
    """Write one line of progress; an empty name stands for the whole system."""
    line = json.dumps({"name": name, "step": step, "detail": detail}) + "\n"
    try:
        os.write(sys.stdout.fileno(), line.encode())
    except BrokenPipeError:
        # The reader has exited; the system keeps running and the log gets the line.
        sys.stderr.write(line)


if __name__ == "__main__":
    sys.exit(asyncio.run(run_daemon(System(Path(sys.argv[1]), port=int(sys.argv[2]), report=emit))))

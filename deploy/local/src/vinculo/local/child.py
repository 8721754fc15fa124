"""A child process that ends with its parent, even when the parent is killed."""

import asyncio
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from vinculo.local.program import NotReadyError, Program, StartFailedError

POLL_SECONDS = 0.05


def ending_with_parent(
    command: Sequence[str], *, wrapper: Sequence[str] = (), signal: Signals = SIGTERM
) -> list[str]:
    """Give the command line whose process receives `signal` when the calling thread ends.

    The kernel ties the signal to the thread that forks, so children are started from the main
    thread only. The wrapper comes first because a change of user would clear the setting.
    """
    name = signal.name.removeprefix("SIG")
    return [*wrapper, "setpriv", "--pdeathsig", name, "--", *command]


class Child:
    """One running program with its log file."""

    def __init__(self, program: Program, log_path: Path, *, inherited: Sequence[int] = ()) -> None:
        self.program = program
        self.log_path = log_path
        self._inherited = tuple(inherited)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def return_code(self) -> int | None:
        return self._process.poll() if self._process else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        program = self.program
        program.directory.mkdir(parents=True, exist_ok=True)
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # commands are our own
                ending_with_parent(
                    program.command, wrapper=program.wrapper, signal=program.stop_signal
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=program.directory,
                env={**os.environ, **program.environment},
                start_new_session=True,
                pass_fds=self._inherited,
            )

    async def wait_until_ready(self) -> None:
        """Raise `StartFailedError` with the log's path when it ends early or takes too long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.program.start_timeout_seconds
        while True:
            if not self.is_running:
                raise StartFailedError(
                    f"{self.program.name} ended with code {self.return_code} while starting; "
                    f"see {self.log_path}{_last_lines(self.log_path)}"
                )
            try:
                await self.program.ready()
            except NotReadyError as missing:
                if loop.time() > deadline:
                    raise StartFailedError(
                        f"{self.program.name} is not ready after "
                        f"{self.program.start_timeout_seconds:.0f} s ({missing}); "
                        f"see {self.log_path}{_last_lines(self.log_path)}"
                    ) from missing
            else:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def ended(self) -> int:
        while (code := self.return_code) is None:  # noqa: ASYNC110  # works without a child watcher
            await asyncio.sleep(POLL_SECONDS)
        return code

    async def stop(self, *, timeout_seconds: float = 10.0) -> None:
        """End it with its own signal, and its whole process group by force after the time limit."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(self.program.stop_signal)
            try:
                await asyncio.wait_for(self.ended(), timeout_seconds)
            except TimeoutError:
                self.kill()
                await self.ended()

    def kill(self) -> None:
        """SIGKILL it and all that it started."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, SIGKILL)


async def run_to_end(
    name: str,
    command: Sequence[str],
    *,
    log_path: Path,
    directory: Path,
    environment: Mapping[str, str] | None = None,
    wrapper: Sequence[str] = (),
    inherited: Sequence[int] = (),
) -> None:
    """Run a one-shot command; raise `StartFailedError` with the log's path when it fails."""
    child = Child(
        Program(
            name=name,
            command=command,
            ready=_always_ready,
            directory=directory,
            environment=environment or {},
            wrapper=wrapper,
        ),
        log_path,
        inherited=inherited,
    )
    child.start()
    try:
        code = await child.ended()
    except asyncio.CancelledError:
        await child.stop()
        raise
    if code != 0:
        raise StartFailedError(
            f"{name} failed with code {code}; see {log_path}{_last_lines(log_path)}"
        )


async def _always_ready() -> None:
    return None


def _last_lines(log_path: Path, count: int = 3) -> str:
    if not log_path.exists():
        return ""
    lines = [line for line in log_path.read_text(errors="replace").splitlines() if line.strip()]
    return "".join(f"\n    {line[:300]}" for line in lines[-count:])

"""Child processes that end with their parent, even when the parent is killed."""

import asyncio
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from vinculo.local.process_spec import NotReadyError, ProcessSpec, StartFailedError

POLL_SECONDS = 0.05
END_GROUP_SECONDS = 2.0


def with_parent_death_signal(
    command: Sequence[str], *, wrapper: Sequence[str] = (), signal: Signals = SIGTERM
) -> list[str]:
    """The command line of a process that receives `signal` when the calling thread ends.

    The kernel ties the signal to the forking thread, so children are started from the main thread
    only. The wrapper comes first because a change of user would clear the setting.
    """
    name = signal.name.removeprefix("SIG")
    return [*wrapper, "setpriv", "--pdeathsig", name, "--", *command]


class ChildProcess:
    """One child process with its log file. It inherits the descriptors `inherited_fds`."""

    def __init__(
        self, spec: ProcessSpec, log_path: Path, *, inherited_fds: Sequence[int] = ()
    ) -> None:
        self.spec = spec
        self.log_path = log_path
        self._inherited_fds = tuple(inherited_fds)
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
        spec = self.spec
        spec.directory.mkdir(parents=True, exist_ok=True)
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # commands are our own
                with_parent_death_signal(
                    spec.command, wrapper=spec.wrapper, signal=spec.stop_signal
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=spec.directory,
                env={**os.environ, **spec.environment},
                start_new_session=True,
                pass_fds=self._inherited_fds,
            )

    async def wait_until_ready(self) -> None:
        """Raise `StartFailedError` with the log's path when it exits early or times out."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.spec.start_timeout_seconds
        while True:
            if not self.is_running:
                raise StartFailedError(
                    f"{self.spec.name} exited with code {self.return_code} during startup; "
                    f"see {self.log_path}{_last_lines(self.log_path)}"
                )
            try:
                await self.spec.ready()
            except NotReadyError as missing:
                if loop.time() > deadline:
                    raise StartFailedError(
                        f"{self.spec.name} is not ready after "
                        f"{self.spec.start_timeout_seconds:.0f} s ({missing}); "
                        f"see {self.log_path}{_last_lines(self.log_path)}"
                    ) from missing
            else:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def wait_for_exit(self) -> int:
        """The exit code; negative when a signal ended the process."""
        while (code := self.return_code) is None:  # noqa: ASYNC110  # works without a child watcher
            await asyncio.sleep(POLL_SECONDS)
        return code

    async def end_group(self) -> None:
        """SIGKILL what is left of the process group after its first process has ended.

        A worker of nginx survives its killed master and keeps the port.
        """
        if self._process is None:
            return
        deadline = asyncio.get_running_loop().time() + END_GROUP_SECONDS
        while _kill_group(self._process.pid) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - orphans send no signal to this process
            await asyncio.sleep(POLL_SECONDS)

    async def stop(self, *, timeout_seconds: float = 10.0) -> None:
        """Send the stop signal; after the timeout kill the whole process group."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(self.spec.stop_signal)
            try:
                await asyncio.wait_for(self.wait_for_exit(), timeout_seconds)
            except TimeoutError:
                self.kill()
                await self.wait_for_exit()
        await self.end_group()

    def kill(self) -> None:
        """SIGKILL the whole process group."""
        if self._process is not None and self._process.poll() is None:
            _kill_group(self._process.pid)


def _kill_group(group: int) -> bool:
    """Whether the group had processes left, also dead ones that are still to be reaped."""
    try:
        os.killpg(group, SIGKILL)
    except ProcessLookupError:
        return False
    return True


async def run_to_completion(
    name: str,
    command: Sequence[str],
    *,
    log_path: Path,
    directory: Path,
    environment: Mapping[str, str] | None = None,
    wrapper: Sequence[str] = (),
    inherited_fds: Sequence[int] = (),
) -> None:
    """Run a one-shot command; raise `StartFailedError` with the log's path when it fails."""
    child = ChildProcess(
        ProcessSpec(
            name=name,
            command=command,
            ready=_always_ready,
            directory=directory,
            environment=environment or {},
            wrapper=wrapper,
        ),
        log_path,
        inherited_fds=inherited_fds,
    )
    child.start()
    try:
        code = await child.wait_for_exit()
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

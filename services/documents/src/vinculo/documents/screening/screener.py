"""Keeps screening processes and sends them files, one at a time each."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import structlog

from vinculo.documents.screening.criteria import FailureReason

COMMAND: Final = ("-I", "-B", "-m", "vinculo.documents.screening")
FILES_PER_PROCESS: Final = 1000
"""Then a process is replaced, because parsers leak memory."""

log = structlog.get_logger()


class Isolation(StrEnum):
    """Whether files may be screened where a process cannot be cut off from the network."""

    PREFERRED = "preferred"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningPassed:
    """`content` is the sanitized file to store; it may differ from the uploaded one."""

    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningFailed:
    reason: FailureReason


ScreeningResult: TypeAlias = ScreeningPassed | ScreeningFailed


class ScreeningError(Exception):
    """The screening itself failed, which says nothing about the file."""


class ScreeningTimeoutError(ScreeningError):
    """The machine is too busy: an expensive file is ended by its own limit of CPU time."""


@dataclass(slots=True, kw_only=True)
class WarmProcess:
    process: Process
    is_isolated: bool
    files: int = 0

    @classmethod
    async def start(cls) -> "WarmProcess":
        """Raises ScreeningError."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, *COMMAND, stdin=PIPE, stdout=PIPE, stderr=PIPE, env={}
        )
        assert process.stdout is not None  # noqa: S101 - for the type checker
        greeting = (await process.stdout.readline()).split()
        if greeting[:1] != [b"ready"]:
            _, errors = await process.communicate()
            raise ScreeningError(
                f"exit code {process.returncode}: {errors.decode(errors='replace')[-500:]}"
            )
        return cls(process=process, is_isolated=greeting[1] == b"isolated")

    async def screen(self, content: bytes, media_type: str) -> ScreeningResult:
        """Raises ScreeningError when the process ends meanwhile."""
        requests, responses = self.process.stdin, self.process.stdout
        assert requests is not None  # noqa: S101 - for the type checker
        assert responses is not None  # noqa: S101 - for the type checker
        self.files += 1
        try:
            requests.write(f"{media_type} {len(content)}\n".encode())
            requests.write(content)
            await requests.drain()
            match (await responses.readline()).decode().split():
                case ["passed", length]:
                    return ScreeningPassed(content=await responses.readexactly(int(length)))
                case ["failed", reason]:
                    return ScreeningFailed(reason=FailureReason(reason))
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            raise ScreeningError(f"the process ended: {type(error).__name__}") from None
        raise ScreeningError("the process ended")

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


class Screener:
    """Screens at most `concurrency` files at once, each for at most `timeout_seconds`.

    With required isolation no file is screened by a process that can reach the network.
    """

    def __init__(
        self,
        *,
        concurrency: int = 2,
        timeout_seconds: float = 50,
        isolation: Isolation = Isolation.PREFERRED,
    ) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._timeout_seconds = timeout_seconds
        self._isolation = isolation
        self._idle: list[WarmProcess] = []
        self._has_warned = False

    async def screen(self, content: bytes, media_type: str) -> ScreeningResult:
        """Raises ScreeningError."""
        async with self._slots:
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    return await self._screen(content, media_type)
            except TimeoutError:
                raise ScreeningTimeoutError(f"no result in {self._timeout_seconds:g} s") from None

    async def check(self) -> None:
        """Start a process unless one is idle. Raises ScreeningError."""
        if not self._idle:
            self._idle.append(await self._start())

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().end()

    async def _screen(self, content: bytes, media_type: str) -> ScreeningResult:
        warm = self._idle.pop() if self._idle else await self._start()
        is_reusable = False
        try:
            result = await warm.screen(content, media_type)
            is_reusable = warm.files < FILES_PER_PROCESS
        finally:
            if is_reusable:
                self._idle.append(warm)
            else:
                await warm.end()
        return result

    async def _start(self) -> WarmProcess:
        warm = await WarmProcess.start()
        if not warm.is_isolated:
            if self._isolation is Isolation.REQUIRED:
                await warm.end()
                raise ScreeningError("this machine does not allow a network namespace")
            if not self._has_warned:
                self._has_warned = True
                log.warning("screening-not-isolated")
        return warm

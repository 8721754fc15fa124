"""Keeps screening processes and sends them files to screen or to render, one at a time each."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias
from urllib.parse import quote

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRequest:
    """`page` is counted from 1; the watermark is written all over the picture."""

    page: int
    watermark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`content` is a JPEG."""

    content: bytes
    page_count: int


@dataclass(frozen=True, slots=True)
class NoSuchPage:
    """The file has fewer pages."""


PreviewResult: TypeAlias = Preview | NoSuchPage | ScreeningFailed
Result: TypeAlias = ScreeningPassed | PreviewResult


class ScreeningError(Exception):
    """The screening itself failed, which says nothing about the file."""


class ScreeningUnavailableError(ScreeningError):
    """No process can be started, or none that is cut off from the network."""


class ScreeningTimeoutError(ScreeningError):
    """The machine is too busy: an expensive file is ended by its own limit of CPU time."""


@dataclass(slots=True, kw_only=True)
class WarmProcess:
    process: Process
    is_isolated: bool
    files: int = 0

    @classmethod
    async def start(cls) -> "WarmProcess":
        """Raises ScreeningUnavailableError."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, *COMMAND, stdin=PIPE, stdout=PIPE, stderr=PIPE, env={}
        )
        assert process.stdout is not None  # noqa: S101 - for the type checker
        greeting = (await process.stdout.readline()).split()
        if greeting[:1] != [b"ready"]:
            _, errors = await process.communicate()
            raise ScreeningUnavailableError(
                f"exit code {process.returncode}: {errors.decode(errors='replace')[-500:]}"
            )
        return cls(process=process, is_isolated=greeting[1] == b"isolated")

    async def respond(
        self, content: bytes, media_type: str, preview: PreviewRequest | None
    ) -> Result:
        """Raises ScreeningError when the process ends meanwhile."""
        requests, responses = self.process.stdin, self.process.stdout
        assert requests is not None  # noqa: S101 - for the type checker
        assert responses is not None  # noqa: S101 - for the type checker
        self.files += 1
        parameters = (
            "" if preview is None else f" {preview.page} {quote(preview.watermark, safe='')}"
        )
        try:
            requests.write(f"{media_type} {len(content)}{parameters}\n".encode())
            requests.write(content)
            await requests.drain()
            match (await responses.readline()).decode().split():
                case ["passed", length]:
                    return ScreeningPassed(content=await responses.readexactly(int(length)))
                case ["rendered", length, page_count]:
                    picture = await responses.readexactly(int(length))
                    return Preview(content=picture, page_count=int(page_count))
                case ["page-missing"]:
                    return NoSuchPage()
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
    """Screens or renders at most `concurrency` files at once, each for at most `timeout_seconds`.

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
        result = await self._respond(content, media_type)
        assert isinstance(result, ScreeningResult)  # noqa: S101 - for the type checker
        return result

    async def preview(
        self, content: bytes, media_type: str, request: PreviewRequest
    ) -> PreviewResult:
        """One page of a file that passed the screening. Raises ScreeningError."""
        result = await self._respond(content, media_type, request)
        assert isinstance(result, PreviewResult)  # noqa: S101 - for the type checker
        return result

    async def _respond(
        self, content: bytes, media_type: str, preview: PreviewRequest | None = None
    ) -> Result:
        async with self._slots:
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    return await self._respond_in_process(content, media_type, preview)
            except TimeoutError:
                raise ScreeningTimeoutError(f"no result in {self._timeout_seconds:g} s") from None

    async def check(self) -> None:
        """Start a process unless one is idle. Raises ScreeningUnavailableError."""
        if not self._idle:
            self._idle.append(await self._start())

    def runs_without_isolation(self) -> bool:
        """Whether a process was started that can reach the network."""
        return self._has_warned

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().end()

    async def _respond_in_process(
        self, content: bytes, media_type: str, preview: PreviewRequest | None
    ) -> Result:
        warm = self._idle.pop() if self._idle else await self._start()
        is_reusable = False
        try:
            result = await warm.respond(content, media_type, preview)
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
                raise ScreeningUnavailableError("this machine does not allow a network namespace")
            if not self._has_warned:
                self._has_warned = True
                log.warning("screening-not-isolated")
        return warm

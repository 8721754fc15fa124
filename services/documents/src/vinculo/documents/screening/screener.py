"""Runs the screening process for a file and reads its result."""

import asyncio
import sys
from dataclasses import dataclass
from typing import Final, TypeAlias

from vinculo.documents.screening.criteria import FailureReason

COMMAND: Final = ("-I", "-B", "-m", "vinculo.documents.screening")


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


class Screener:
    """Screens at most `concurrency` files at once, each for at most `timeout_seconds`."""

    def __init__(self, *, concurrency: int = 2, timeout_seconds: float = 50) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._timeout_seconds = timeout_seconds

    async def screen(self, content: bytes, media_type: str) -> ScreeningResult:
        """Raises ScreeningError."""
        async with self._slots:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *COMMAND,
                media_type,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={},
            )
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    output, errors = await process.communicate(content)
            except TimeoutError:
                raise ScreeningTimeoutError(f"no result in {self._timeout_seconds:g} s") from None
            finally:
                await _end(process)
        return _result(process.returncode, output, errors)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _result(code: int | None, output: bytes, errors: bytes) -> ScreeningResult:
    """A process that a signal ended has exceeded its limits, or its parser has crashed."""
    if code is not None and code < 0:
        return ScreeningFailed(reason=FailureReason.TOO_COMPLEX)
    line, _, content = output.partition(b"\n")
    match code, line.decode(errors="replace").split():
        case 0, ["passed"]:
            return ScreeningPassed(content=content)
        case 0, ["failed", reason]:
            return ScreeningFailed(reason=FailureReason(reason))
        case _:
            raise ScreeningError(f"exit code {code}: {errors.decode(errors='replace')[-500:]}")

"""Has a file looked into by a process of its own, and tells what came of it."""

import asyncio
import sys
from dataclasses import dataclass
from typing import TypeAlias

from vinculo.documents.screening.criteria import UnfitReason

COMMAND = ("-I", "-B", "-m", "vinculo.documents.screening")


@dataclass(frozen=True, slots=True, kw_only=True)
class FitFile:
    """`content` is what is to be kept; it may differ from what was uploaded."""

    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfitFile:
    reason: UnfitReason


Verdict: TypeAlias = FitFile | UnfitFile


class ScreeningBroken(Exception):
    """The screening itself failed, which says nothing about the file."""


class ScreeningTooSlow(ScreeningBroken):
    """The machine is too busy: a file that asks too much is ended by its own limit of CPU time."""


class Screener:
    """At most `concurrency` files at once, each for at most `seconds`."""

    def __init__(self, *, concurrency: int = 2, seconds: float = 50) -> None:
        self._turn = asyncio.Semaphore(concurrency)
        self._seconds = seconds

    async def screen(self, content: bytes, media_type: str) -> Verdict:
        async with self._turn:
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
                async with asyncio.timeout(self._seconds):
                    output, errors = await process.communicate(content)
            except TimeoutError:
                raise ScreeningTooSlow(f"no verdict within {self._seconds:g} s") from None
            finally:
                await _ended(process)
        return _verdict(process.returncode, output, errors)


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _verdict(code: int | None, output: bytes, errors: bytes) -> Verdict:
    """A process ended by a signal ran into its limits, or the parser into a wall."""
    if code is not None and code < 0:
        return UnfitFile(reason=UnfitReason.TOO_COMPLEX)
    line, _, content = output.partition(b"\n")
    match code, line.decode(errors="replace").split():
        case 0, ["fit"]:
            return FitFile(content=content)
        case 0, ["unfit", reason]:
            return UnfitFile(reason=UnfitReason(reason))
        case _:
            raise ScreeningBroken(f"exit code {code}: {errors.decode(errors='replace')[-500:]}")

"""Loads a generation in several processes, each with a slice of the partition numbers.

Folding takes one core per process, and no two partition numbers have a person in common. A process
writes its progress to standard output as lines of JSON; its last line has its dead letters and
quarantined streams.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, TypeAlias, final

import orjson
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from vinculo.messaging import QuarantineReason
from vinculo.query_api.projector.checkpoints import TopicPartition
from vinculo.query_api.projector.quarantine import Quarantine
from vinculo.query_api.rebuild.bulk_store import BulkStore
from vinculo.query_api.rebuild.loader import InMemoryDeadLetters, Loader, ReportProgress

MAX_LINE_BYTES: Final = 64 * 1024 * 1024

EndOffsets: TypeAlias = Mapping[TopicPartition, int]


@final
class ProgressLine(TypedDict):
    read: int


@final
class ResultLine(TypedDict):
    """The last line of a process: what it quarantined and dead-lettered, as JSON has it."""

    quarantined: Mapping[str, Quarantine]
    dead_letters: "Sequence[LoadedDeadLetter]"


class LoadSliceFailedError(Exception):
    def __init__(self, code: int | None) -> None:
        super().__init__(f"a process that loaded a slice ended with {code}")


@dataclass(frozen=True, slots=True)
class LoadedDeadLetter:
    """A dead letter of another process; its record can be read again."""

    topic: str
    partition: int
    offset: int
    reason: QuarantineReason
    error: str
    attempts: int


@dataclass(slots=True, kw_only=True)
class LoadResult:
    """`quarantined` is by stream id."""

    dead_letters: list[LoadedDeadLetter] = field(default_factory=list)
    quarantined: dict[str, Quarantine] = field(default_factory=dict)

    def add(self, line: ResultLine) -> None:
        """Add the last line of a process."""
        self.quarantined |= {
            stream: _QUARANTINE.validate_python(row) for stream, row in line["quarantined"].items()
        }
        self.dead_letters += [_DEAD_LETTER.validate_python(each) for each in line["dead_letters"]]


_QUARANTINE: Final = TypeAdapter(Quarantine)
_DEAD_LETTER: Final = TypeAdapter(LoadedDeadLetter)


def split_partitions(ends: EndOffsets, processes: int) -> list[dict[TopicPartition, int]]:
    """A slice of the partition numbers for each process; slices without records are left out."""
    slices: list[dict[TopicPartition, int]] = [{} for _ in range(processes)]
    for each, end in ends.items():
        if end:
            slices[each.partition % processes][each] = end
    return [each for each in slices if each]


async def load_slices(
    generation: str, slices: Sequence[EndOffsets], report: ReportProgress
) -> LoadResult:
    """Load all slices at once; when one fails the others are stopped.

    Raises:
        LoadSliceFailedError: a process ended without its result.

    """
    result = LoadResult()
    read = [0] * len(slices)
    total = sum(sum(ends.values()) for ends in slices)

    async def load(index: int) -> None:
        async with aclosing(_output_lines(generation, slices[index])) as lines:
            async for line in lines:
                if "read" in line:
                    read[index] = line["read"]
                    await report(sum(read), total)
                else:
                    result.add(line)
                    # This ends the process, which would take a second to free its objects.
                    return

    try:
        async with asyncio.TaskGroup() as tasks:
            for index in range(len(slices)):
                tasks.create_task(load(index))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return result


async def _output_lines(
    generation: str, ends: EndOffsets
) -> AsyncGenerator[ProgressLine | ResultLine, None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "load-slice", generation),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=MAX_LINE_BYTES,
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise LoadSliceFailedError(process.returncode)
        process.stdin.write(orjson.dumps([[*each, end] for each, end in ends.items()]))
        process.stdin.close()
        async for line in process.stdout:
            yield orjson.loads(line)
        raise LoadSliceFailedError(await process.wait())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def parse_slice(text: bytes) -> dict[TopicPartition, int]:
    """The slice as `load_slices` writes it to a process's standard input."""
    return {TopicPartition(topic, number): end for topic, number, end in orjson.loads(text)}


async def load_slice(
    loader: Loader, store: BulkStore, dead_letters: InMemoryDeadLetters, ends: EndOffsets
) -> None:
    """Load a slice in this process; the quarantine is written by the calling process."""
    await loader.read_to(ends)
    await store.flush()
    await store.write_counters()
    _write_line(
        {
            "quarantined": store.quarantined_streams,
            "dead_letters": [
                LoadedDeadLetter(
                    each.topic,
                    each.partition,
                    each.offset,
                    each.reason or QuarantineReason.POISON,
                    each.error,
                    each.attempts,
                )
                for each in dead_letters.letters
            ],
        }
    )


async def write_progress(read: int, _total: int) -> None:
    _write_line({"read": read})


def _write_line(line: ProgressLine | ResultLine) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()

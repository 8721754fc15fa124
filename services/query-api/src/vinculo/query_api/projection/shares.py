"""Loading a generation in several processes, each with its own partition numbers.

Folding is one core's work, and no two partition numbers have a person in common. A share tells its
progress as lines of JSON on standard output; its last line names what it had to set aside.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from vinculo.query_api.projection.loader import Loader, SetAsideInMemory
from vinculo.query_api.projection.loading_store import LoadingStore
from vinculo.query_api.projection.positions import TopicPartition

LONGEST_LINE_BYTES: Final = 64 * 1024 * 1024

Ends = Mapping[TopicPartition, int]


class ShareFailedError(Exception):
    def __init__(self, code: int | None) -> None:
        super().__init__(f"a process that loaded a share ended with {code}")


@dataclass(slots=True, kw_only=True)
class Shared:
    """`set_aside` are places and reasons; `waiting` the quarantined streams' last versions."""

    set_aside: list[tuple[TopicPartition, int, str]] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)

    def add(self, told: Mapping[str, Any]) -> None:
        self.waiting.update(told["waiting"])
        self.set_aside += [
            (TopicPartition(topic, partition), offset, error)
            for topic, partition, offset, error in told["set_aside"]
        ]


def shares_of(ends: Ends, processes: int) -> list[dict[TopicPartition, int]]:
    """Partition numbers dealt out, those with nothing to read left out."""
    shares: list[dict[TopicPartition, int]] = [{} for _ in range(processes)]
    for each, end in ends.items():
        if end:
            shares[each.partition % processes][each] = end
    return [share for share in shares if share]


async def load_shares(
    generation: str,
    shares: Sequence[Ends],
    progress: Callable[[int, int], Awaitable[None]],
) -> Shared:
    """Load all shares at once; when one fails the others are ended."""
    shared = Shared()
    read = [0] * len(shares)
    total = sum(sum(share.values()) for share in shares)

    async def load(index: int) -> None:
        async with aclosing(_lines(generation, shares[index])) as lines:
            async for line in lines:
                if "read" in line:
                    read[index] = line["read"]
                    await progress(sum(read), total)
                else:
                    shared.add(line)

    try:
        async with asyncio.TaskGroup() as tasks:
            for index in range(len(shares)):
                tasks.create_task(load(index))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return shared


async def _lines(generation: str, share: Ends) -> AsyncGenerator[dict[str, Any], None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "load-share", generation),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE_BYTES,
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise ShareFailedError(process.returncode)
        process.stdin.write(orjson.dumps([[*each, end] for each, end in share.items()]))
        process.stdin.close()
        async for line in process.stdout:
            yield orjson.loads(line)
        if await process.wait() != 0:
            raise ShareFailedError(process.returncode)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def read_share(told: bytes) -> dict[TopicPartition, int]:
    return {TopicPartition(topic, number): end for topic, number, end in orjson.loads(told)}


async def tell_read(read: int, _total: int) -> None:
    _tell({"read": read})


async def load_share(
    loader: Loader, store: LoadingStore, set_aside: SetAsideInMemory, ends: Ends
) -> None:
    """What a process of its own does; quarantine rows are left to the process that asked."""
    await loader.read_to(ends)
    await store.flush()
    await store.write_counters()
    _tell(
        {
            "waiting": dict(store.waiting),
            "set_aside": [
                [record.topic, record.partition, record.offset, error]
                for record, error in set_aside.records
            ],
        }
    )


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()

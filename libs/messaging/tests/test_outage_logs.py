"""A worker whose servers are away goes on, and writes at most a line a second."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson
import pytest

ROOT: Final = Path(__file__).parents[3]
SECONDS: Final = 15.0
NO_DATABASE: Final = "postgresql://nobody@127.0.0.1:1/none"


@pytest.mark.timeout(120)
async def test_without_kafka_and_database_a_worker_writes_at_most_a_line_a_second() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "libs.messaging.tests.worker_process", NO_DATABASE, "127.0.0.1:1"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    lines = [await process.stdout.readline()]
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            while not process.stdout.at_eof():
                lines.append(await process.stdout.readline())
    assert process.returncode is None, lines
    process.kill()
    await process.wait()

    events = [orjson.loads(line)["event"] for line in lines]
    assert {"relay-failed", "outbox-not-measured", "kafka-unreachable"} <= set(events)
    assert len(events) <= SECONDS, events

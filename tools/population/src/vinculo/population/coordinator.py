"""Writes a whole population with several worker processes, because one core limits the speed."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, Final

import orjson

from vinculo.local.process_spec import StartFailedError
from vinculo.messaging.kafka_producer import publish
from vinculo.population.catalogue_events import catalogue_events
from vinculo.population.event_log import PopulationLog, new_producer
from vinculo.population.installation import shipped_installation
from vinculo.population.lifecycles import BLOCK_SIZE
from vinculo.population.person_generator import PopulationSpec
from vinculo.population.records import RecordEncoder

MAX_DEFAULT_PROCESSES: Final = 4

ProgressReporter = Callable[[int, int], None]
"""Called with the numbers of people and events written."""


def default_processes() -> int:
    return min(os.cpu_count() or 1, MAX_DEFAULT_PROCESSES)


async def write_population(
    log: PopulationLog, spec: PopulationSpec, *, processes: int, report: ProgressReporter
) -> int:
    """Write all people; the number of events. Topics and the key ring's table must exist."""
    catalogue = await _write_catalogues(log, spec)
    count = max(1, min(processes, -(-spec.people // BLOCK_SIZE)))
    written = [(0, 0)] * count

    async def write_slice(index: int) -> None:
        async with aclosing(_worker_progress(log, spec, index, count)) as lines:
            async for line in lines:
                written[index] = line["people"], line["events"]
                people, events = (sum(each) for each in zip(*written, strict=True))
                report(people, events + catalogue)

    try:
        async with asyncio.TaskGroup() as tasks:
            for index in range(count):
                tasks.create_task(write_slice(index))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return sum(events for _, events in written) + catalogue


async def _write_catalogues(log: PopulationLog, spec: PopulationSpec) -> int:
    installation = shipped_installation()
    encoder = RecordEncoder(installation, log.prefix)
    records = [encoder.encode(event) for event in catalogue_events(installation, spec)]
    producer = new_producer(log.kafka)
    await producer.start()
    try:
        await publish(producer, records)
    finally:
        await producer.stop()
    return len(records)


async def _worker_progress(
    log: PopulationLog, spec: PopulationSpec, index: int, count: int
) -> AsyncGenerator[dict[str, Any], None]:
    """Start a worker for one slice; the lines of progress that it writes."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.population.worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise StartFailedError("the pipes of a worker process could not be opened")
        assignment = {
            "log": asdict(log),
            "spec": asdict(spec),
            "slice": {"index": index, "count": count},
        }
        process.stdin.write(orjson.dumps(assignment))
        process.stdin.close()
        async for line in process.stdout:
            progress = orjson.loads(line)
            if "failed" in progress:
                raise StartFailedError(progress["failed"])
            yield progress
        if await process.wait() != 0:
            raise StartFailedError(f"a worker process exited with {process.returncode}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

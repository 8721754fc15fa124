"""Writing a whole population, in several processes: inventing and sealing is one core's work."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from vinculo.contracts.creating_topics import Layout, TopicsRefused, create_topics
from vinculo.local.process_spec import StartFailedError
from vinculo.messaging.kafka_producer import publish
from vinculo.population.catalogues import catalogue_events
from vinculo.population.courses import HUNDRED
from vinculo.population.inventing import Invention
from vinculo.population.log_topics import filled_topics
from vinculo.population.records import Recording, Subject

MOST_PROCESSES: Final = 4
PATIENCE_SECONDS: Final = 10.0
BATCH_BYTES: Final = 512 * 1024

Tell = Callable[[int, int], None]
"""Told how many people and events are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Where events and keys go. The key-encryption key is in base64."""

    kafka: str
    prefix: str
    partitions: int
    keyring_url: str
    key_encryption_key: str


def default_processes() -> int:
    return min(os.cpu_count() or 1, MOST_PROCESSES)


async def make_log(log: Log) -> None:
    """Make the topics.

    Raises StartFailedError where they hold anything: two populations would be one another's gaps
    and repetitions.
    """
    layout = Layout(partitions=log.partitions, replication=1, prefix=log.prefix)
    try:
        await create_topics(log.kafka, layout, patience_seconds=PATIENCE_SECONDS)
    except TopicsRefused as refused:
        raise StartFailedError(str(refused)) from None
    if filled := await filled_topics(log.kafka, log.prefix, log.partitions):
        raise StartFailedError(f"{', '.join(filled)} hold events already")


async def fill(log: Log, invention: Invention, *, processes: int, tell: Tell) -> int:
    """Write everybody and give the number of events; topics and the key ring's table are there."""
    catalogue = await _write_catalogues(log, invention)
    count = max(1, min(processes, -(-invention.people // HUNDRED)))
    written = [(0, 0)] * count

    async def write(index: int) -> None:
        async with aclosing(_lines(log, invention, index, count)) as lines:
            async for line in lines:
                written[index] = line["people"], line["events"]
                people, events = (sum(each) for each in zip(*written, strict=True))
                tell(people, events + catalogue)

    try:
        async with asyncio.TaskGroup() as tasks:
            for index in range(count):
                tasks.create_task(write(index))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return sum(events for _, events in written) + catalogue


async def _write_catalogues(log: Log, invention: Invention) -> int:
    recording = Recording(log.prefix)
    records = [recording.record(Subject(told.stream), told) for told in catalogue_events(invention)]
    producer = new_producer(log.kafka)
    await producer.start()
    try:
        await publish(producer, records)
    finally:
        await producer.stop()
    return len(records)


async def _lines(
    log: Log, invention: Invention, index: int, count: int
) -> AsyncGenerator[dict[str, Any], None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.population.worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise StartFailedError("a process that writes people cannot be spoken to")
        share = {"index": index, "count": count}
        asked = {"log": asdict(log), "invention": asdict(invention), "share": share}
        process.stdin.write(orjson.dumps(asked))
        process.stdin.close()
        async for line in process.stdout:
            told = orjson.loads(line)
            if "failed" in told:
                raise StartFailedError(told["failed"])
            yield told
        if await process.wait() != 0:
            raise StartFailedError(f"a process that writes people ended with {process.returncode}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def new_producer(kafka: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=BATCH_BYTES,
    )

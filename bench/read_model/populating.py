"""P-populate: the speed of writing a population, compared with a bare producer."""

import time
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]

from bench.environment import BenchEnvironment, fresh_name
from bench.findings import AtLeast, Finding, speed_finding
from bench.people import SEED, today
from bench.rounds import alternate
from bench.store.relay import producer
from vinculo.contracts.topics import PARTITIONS, TOPICS
from vinculo.messaging import Record
from vinculo.messaging.kafka_producer import publish
from vinculo.population.coordinator import default_processes, write_population
from vinculo.population.event_log import create_log_topics
from vinculo.population.namespace import Namespace
from vinculo.population.person_generator import PopulationSpec

BATCH_RECORDS = 5_000
POLL_MS = 500


class Populating:
    """Each round writes to new topics; the bare producer sends the bytes of the same round."""

    def __init__(self, environment: BenchEnvironment, people: int) -> None:
        self._environment = environment
        self._spec = PopulationSpec(people=people, seed=SEED, until=today())
        self._records: list[Record] = []

    async def populate(self) -> Mapping[str, float]:
        """The speed of all processes with their start, without making topics and databases."""
        namespace = Namespace(name=fresh_name(), servers=self._environment.addresses.environment())
        await namespace.create_databases()
        try:
            await create_log_topics(namespace.log)
            started = time.perf_counter()
            await write_population(
                namespace.log,
                self._spec,
                processes=default_processes(),
                report=lambda _people, _events: None,
            )
            seconds = time.perf_counter() - started
            self._records = await read_all(namespace)
        finally:
            await namespace.drop()
        return {"people written": self._spec.people / seconds}

    async def send(self) -> Mapping[str, float]:
        namespace = Namespace(name=fresh_name(), servers=self._environment.addresses.environment())
        await create_log_topics(namespace.log)
        records = [_renamed(record, namespace.prefix) for record in self._records]
        try:
            async with producer(namespace.log.kafka) as sending:
                started = time.perf_counter()
                for start in range(0, len(records), BATCH_RECORDS):
                    await publish(sending, records[start : start + BATCH_RECORDS])
                seconds = time.perf_counter() - started
        finally:
            await namespace.drop()
        return {"people sent bare": self._spec.people / seconds}


async def read_all(namespace: Namespace) -> list[Record]:
    """All records on the topics, in order within each partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=namespace.log.kafka)
    await consumer.start()
    try:
        partitions = [
            TopicPartition(f"{namespace.prefix}{topic}", number)
            for topic in TOPICS
            for number in range(PARTITIONS)
        ]
        total = sum((await consumer.end_offsets(partitions)).values())
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        records: list[Record] = []
        while len(records) < total:
            for batch in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                records += [
                    Record(each.topic, each.key, each.value, list(each.headers)) for each in batch
                ]
    finally:
        await consumer.stop()
    return records


def _renamed(record: Record, prefix: str) -> Record:
    name = record.topic.partition("-")[2]
    return Record(f"{prefix}{name}", record.key, record.value, record.headers)


async def measure(environment: BenchEnvironment) -> list[Finding]:
    people = environment.sizes.rebuilt
    populating = Populating(environment, people)
    figures = await alternate(
        "P-populate",
        {"populate": populating.populate, "bare producer": populating.send},
        rounds=environment.sizes.rounds,
        console=environment.console,
    )
    return [finding(people, figures["people written"], figures["people sent bare"])]


def finding(people: int, written: Sequence[float], sent: Sequence[float]) -> Finding:
    return speed_finding(
        row="P-populate",
        what=f"write {people:,} people into the log as `vinculo populate` does: invent, make and "
        f"commit keys, encrypt, send; {default_processes()} processes, their start included",
        against="one bare producer that sends the same bytes, ready-made, in the same batches",
        unit="people/s",
        subject=written,
        ceiling=sent,
        goal=AtLeast(),
    )

"""Registry, list of customers and profile agree, whatever credit systems report."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition  # type: ignore[import-untyped]
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.contracts import parser, topics
from vinculo.eventstore import create_engine
from vinculo.messaging import (
    ConsumedEvent,
    Consumer,
    Outcome,
    PostgresCheckpoints,
    Resolution,
    TopicSource,
    list_dead_letters,
)
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.testing.topics import read_topics
from vinculo.testing.waiting import eventually

from .credit_sequences import Figures, Report, Sequences
from .dead_letter_commands import pending_dead_letters
from .system_harness import SystemHarness

CUSTOMERS = 5
SEQUENCES = 1_000
SEQUENCES_PER_BATCH = 250
SEED = 20261129
GROUP = "customer-registry-credit"
CREDIT_TOPICS = (topics.CREDIT_LOANS, topics.CREDIT_APPLICATIONS)


@pytest_asyncio.fixture(loop_scope="session")
async def customers(harness: SystemHarness) -> AsyncIterator[Sequence[ApplicantClient]]:
    yield await asyncio.gather(*(harness.customer() for _ in range(CUSTOMERS)))


@pytest.mark.timeout(600)
async def test_figures_agree_after_random_sequences_of_reports(
    harness: SystemHarness, customers: Sequence[ApplicantClient]
) -> None:
    sequences = Sequences([each.person_id for each in customers], SEED)
    refused: Counter[str] = Counter()
    for _ in range(SEQUENCES // SEQUENCES_PER_BATCH):
        reports = [r for _ in range(SEQUENCES_PER_BATCH) for r in sequences.next()]
        places = await publish(harness, reports)
        await eventually(lambda: has_consumed_everything(harness), timeout=240)
        refusals = await refusals_at(harness, set(places))
        assert {place: each["reason_code"] for place, each in refusals.items()} == {
            place: report.reason_code for place, report in places.items() if report.reason_code
        }
        refused.update(each["reason_code"] for each in refusals.values())

        for customer in customers:
            await compare(harness, customer, sequences.figures[customer.person_id])
    assert len(refused) == 7
    await discard_refused(harness)


async def compare(harness: SystemHarness, customer: ApplicantClient, expected: Figures) -> None:
    """The figures of the registry, of the list of customers and of the profile."""
    assert await registry_figures(harness, customer.person_id) == (expected.active_loans,) * 2

    async def as_expected() -> bool:
        (row,) = await harness.rows_of("customers", customer)
        overview = (await harness.operator.profile(customer.person_id))["credit_overview"]
        shown = Figures(
            active_loans=overview["active_loans"],
            outstanding_cents=overview["outstanding_cents"].get("COP", 0),
            stages={
                each["application_id"]: [stage["stage"] for stage in each["stages"]]
                for each in overview["applications"]
            },
        )
        return bool(shown == expected and row["active_loans"] == expected.active_loans)

    await eventually(as_expected, timeout=120)


async def registry_figures(harness: SystemHarness, person_id: UUID) -> tuple[int, int]:
    """The fact that policies use, and the number of rows."""
    (row,) = await query(
        harness,
        "SELECT (facts -> 'active_loans' ->> 'value')::int AS fact, (SELECT count(*) FROM loans"
        " WHERE loans.person_id = people.person_id AND active) AS loans"
        " FROM people WHERE person_id = :person",
        person=person_id,
    )
    return row.fact or 0, row.loans


async def has_consumed_everything(harness: SystemHarness) -> bool:
    """The registry has committed the end of credit systems' topics, and published its events."""
    prefix = harness.system.environment["VINCULO_TOPIC_PREFIX"]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=harness.system.environment["VINCULO_KAFKA"],
        group_id=f"{prefix}{GROUP}",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        partitions = [
            TopicPartition(f"{prefix}{topic}", number)
            for topic in CREDIT_TOPICS
            for number in range(topics.PARTITIONS)
        ]
        ends = await consumer.end_offsets(partitions)
        committed = {each: await consumer.committed(each) or 0 for each in partitions}
    finally:
        await consumer.stop()
    waiting = await query(harness, "SELECT count(*) AS number FROM outbox")
    return bool(committed == ends and waiting[0].number == 0)


async def refusals_at(
    harness: SystemHarness, places: set[tuple[str, int, int]]
) -> dict[tuple[str, int, int], dict[str, Any]]:
    """The published refusals of records at these places; each place has at most one."""
    found: dict[tuple[str, int, int], dict[str, Any]] = {}
    prefix = harness.system.environment["VINCULO_TOPIC_PREFIX"]
    topic = f"{prefix}{topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS}"
    for record in await read_topics(harness.system.environment["VINCULO_KAFKA"], topic):
        refusal = orjson.loads(record.value)
        place = (refusal["topic"], refusal["partition"], refusal["offset"])
        if place in places:
            assert place not in found
            found[place] = refusal
    return found


async def publish(
    harness: SystemHarness, reports: Iterable[Report]
) -> dict[tuple[str, int, int], Report]:
    """Send the reports in order; topic without prefix, partition and offset of each."""
    prefix = harness.system.environment["VINCULO_TOPIC_PREFIX"]
    producer = AIOKafkaProducer(
        bootstrap_servers=harness.system.environment["VINCULO_KAFKA"], enable_idempotence=True
    )
    await producer.start()
    try:
        sent = [
            (
                report,
                await producer.send(
                    f"{prefix}{report.topic}",
                    key=report.key,
                    value=report.value,
                    headers=list(report.headers.items()),
                ),
            )
            for report in reports
        ]
        places = {}
        for report, acknowledged in sent:
            placed = await acknowledged
            places[report.topic, placed.partition, placed.offset] = report
        return places
    finally:
        await producer.stop()


async def discard_refused(harness: SystemHarness) -> None:
    """Leave no dead letter to other journeys; the command would read all of them for each."""
    environment = harness.system.environment
    prefix = environment["VINCULO_TOPIC_PREFIX"]
    engine = create_engine(environment["REGISTRY_DATABASE_URL"], pool_size=1)

    async def apply(_connection: AsyncConnection, _events: Sequence[ConsumedEvent]) -> None:
        raise AssertionError("nothing is applied")

    checkpoints = PostgresCheckpoints(engine, f"{prefix}{GROUP}", apply)
    consumer = Consumer(
        group=f"{prefix}{GROUP}",
        sources=[TopicSource(f"{prefix}{name}", parser(name)) for name in CREDIT_TOPICS],
        checkpoints=checkpoints,
        kafka=environment["VINCULO_KAFKA"],
    )
    for letter in await list_dead_letters(consumer):
        resolution = Resolution(
            key=letter.key, outcome=Outcome.DISCARDED, resolved_by="journey", reason="of a test"
        )
        async with checkpoints.begin([]) as unit:
            await unit.commit([], [resolution])
    await engine.dispose()
    assert await pending_dead_letters(harness.system, "customer_registry") == []


async def query(harness: SystemHarness, statement: str, **values: Any) -> Sequence[Any]:
    engine = create_engine(harness.system.environment["REGISTRY_DATABASE_URL"], pool_size=1)
    try:
        async with engine.connect() as connection:
            return (await connection.execute(text(statement), values)).all()
    finally:
        await engine.dispose()

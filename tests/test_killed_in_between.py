"""A service killed at the worst moment loses nothing and does nothing twice."""

import asyncio

import asyncpg
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from aiokafka.structs import TopicPartition  # type: ignore[import-untyped]

from vinculo.contracts import topics
from vinculo.simulation.inboxes import activation_link_in
from vinculo.testing.eventually import eventually

from .lender import Lender

KILLED = -9
SOME = 6


async def test_onboarding_killed_between_commit_and_publish(lender: Lender) -> None:
    await lender.system.restart("onboarding-worker", {"VINCULO_CRASH_AT": "relay-after-fetch"})
    applicants = [lender.applicant() for _ in range(SOME)]
    await asyncio.gather(*(applicant.register() for applicant in applicants))
    assert await lender.system.wait_for_exit("onboarding-worker") == KILLED
    await lender.system.start_process(
        "onboarding-worker", {"VINCULO_CRASH_AT": "relay-after-produce"}
    )
    assert await lender.system.wait_for_exit("onboarding-worker") == KILLED

    await lender.system.start_process("onboarding-worker")

    await asyncio.gather(*(applicant.activate() for applicant in applicants))
    for applicant in applicants:
        await lender.listed("registrations", applicant, status="pending")
        mails = await lender.mails.mails_to(applicant.person.email)
        assert [activation_link_in(mail) is not None for mail in mails].count(True) == 1
    await everything_stored_is_published_in_order(lender)
    await the_read_model_is_the_fold(lender)


async def test_the_projector_killed_in_the_middle_of_a_batch(lender: Lender) -> None:
    before = await registrations_to_date(lender)
    applicants = [lender.applicant() for _ in range(SOME)]
    for point in ("projector-mid-batch", "projector-before-commit-offset"):
        await lender.system.restart("query-projector", {"VINCULO_CRASH_AT": point})
        half = (
            applicants[: SOME // 2] if point == "projector-mid-batch" else applicants[SOME // 2 :]
        )
        await asyncio.gather(*(applicant.register() for applicant in half))
        assert await lender.system.wait_for_exit("query-projector") == KILLED
        await lender.system.start_process("query-projector")

    await asyncio.gather(*(applicant.activate() for applicant in applicants))
    for applicant in applicants:
        await lender.listed("registrations", applicant, status="pending")
    totals = await lender.operator.totals()
    assert totals["lists"]["registrations"] == before + SOME
    await the_read_model_is_the_fold(lender)


async def everything_stored_is_published_in_order(lender: Lender) -> None:
    """What Kafka holds first of each stream is what the store holds, in the same order."""
    environment = lender.system.environment
    database = await asyncpg.connect(environment["ONBOARDING_DATABASE_URL"])
    try:
        await eventually(lambda: nothing_waits(database))
        stored = await database.fetch(
            "SELECT stream_id, version FROM events WHERE stream_id LIKE 'application-%'"
        )
    finally:
        await database.close()
    first_seen: dict[str, list[int]] = {}
    for stream_id, version in await published(lender):
        versions = first_seen.setdefault(stream_id, [])
        if version not in versions:
            versions.append(version)
    expected: dict[str, list[int]] = {}
    for row in sorted(stored, key=lambda row: row["version"]):
        expected.setdefault(row["stream_id"], []).append(row["version"])
    assert first_seen == expected


async def nothing_waits(database: "asyncpg.Connection[asyncpg.Record]") -> bool:
    return int(await database.fetchval("SELECT count(*) FROM outbox")) == 0


async def published(lender: Lender) -> list[tuple[str, int]]:
    environment = lender.system.environment
    topic = environment["VINCULO_TOPIC_PREFIX"] + topics.ONBOARDING_APPLICATIONS
    consumer = AIOKafkaConsumer(bootstrap_servers=environment["VINCULO_KAFKA"])
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, n) for n in range(topics.PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[tuple[str, int]] = []
        while any([await consumer.position(each) < ends[each] for each in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    headers = {name: value.decode() for name, value in record.headers}
                    found.append((headers["ce_streamid"], int(headers["ce_streamversion"])))
    finally:
        await consumer.stop()
    return found


async def the_read_model_is_the_fold(lender: Lender) -> None:
    """A rebuild folds every stream from its beginning: it must end in the same documents."""

    async def rebuilt_alike() -> bool:
        projected = await lender.read_model()
        await lender.command("query_api", "rebuild")
        return await lender.read_model() == projected

    await eventually(rebuilt_alike, timeout=60)


async def registrations_to_date(lender: Lender) -> int:
    """Once everything that earlier journeys did is shown."""

    async def settled() -> list[int]:
        first = (await lender.operator.totals())["lists"]["registrations"]
        again = (await lender.operator.totals())["lists"]["registrations"]
        return [first] if first == again else []

    return (await eventually(settled))[0]

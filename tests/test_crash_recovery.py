"""A service killed between commit and publish loses no event and applies none twice."""

import asyncio

import asyncpg

from vinculo.contracts import topics
from vinculo.simulation.inboxes import activation_link_in
from vinculo.testing.databases import connected
from vinculo.testing.topics import read_topics
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

KILLED = -9
PEOPLE = 6


async def test_onboarding_publishes_everything_after_a_kill_between_commit_and_publish(
    harness: SystemHarness,
) -> None:
    await harness.system.restart("onboarding-worker", {"VINCULO_CRASH_AT": "relay-after-fetch"})
    applicants = [harness.applicant() for _ in range(PEOPLE)]
    await asyncio.gather(*(applicant.register() for applicant in applicants))
    assert await harness.system.wait_for_exit("onboarding-worker") == KILLED
    await harness.system.start_process(
        "onboarding-worker", {"VINCULO_CRASH_AT": "relay-after-produce"}
    )
    assert await harness.system.wait_for_exit("onboarding-worker") == KILLED

    await harness.system.start_process("onboarding-worker")

    await asyncio.gather(*(applicant.activate() for applicant in applicants))
    for applicant in applicants:
        await harness.wait_for_row("registrations", applicant, status="pending")
        mails = await harness.mailbox.mails_to(applicant.person.email)
        assert [activation_link_in(mail) is not None for mail in mails].count(True) == 1
    await assert_stored_events_are_published_in_order(harness)
    await assert_rebuild_gives_the_same_documents(harness)


async def test_the_projector_applies_every_event_once_after_a_kill_within_a_batch(
    harness: SystemHarness,
) -> None:
    before = await registrations_to_date(harness)
    applicants = [harness.applicant() for _ in range(PEOPLE)]
    for point in ("projector-mid-batch", "projector-before-commit-offset"):
        await harness.system.restart("query-projector", {"VINCULO_CRASH_AT": point})
        half = (
            applicants[: PEOPLE // 2]
            if point == "projector-mid-batch"
            else applicants[PEOPLE // 2 :]
        )
        await asyncio.gather(*(applicant.register() for applicant in half))
        assert await harness.system.wait_for_exit("query-projector") == KILLED
        await harness.system.start_process("query-projector")

    await asyncio.gather(*(applicant.activate() for applicant in applicants))
    for applicant in applicants:
        await harness.wait_for_row("registrations", applicant, status="pending")
    totals = await harness.operator.totals()
    assert totals["lists"]["registrations"] == before + PEOPLE
    await assert_rebuild_gives_the_same_documents(harness)


async def assert_stored_events_are_published_in_order(harness: SystemHarness) -> None:
    """The first occurrence of each event in Kafka has the order of the event store."""
    environment = harness.system.environment
    async with connected(environment["ONBOARDING_DATABASE_URL"]) as database:
        await eventually(lambda: is_outbox_empty(database))
        stored = await database.fetch(
            "SELECT stream_id, version FROM events WHERE stream_id LIKE 'application-%'"
        )
    first_seen: dict[str, list[int]] = {}
    for stream_id, version in await published(harness):
        versions = first_seen.setdefault(stream_id, [])
        if version not in versions:
            versions.append(version)
    expected: dict[str, list[int]] = {}
    for row in sorted(stored, key=lambda row: row["version"]):
        expected.setdefault(row["stream_id"], []).append(row["version"])
    assert first_seen == expected


async def is_outbox_empty(database: "asyncpg.Connection[asyncpg.Record]") -> bool:
    return int(await database.fetchval("SELECT count(*) FROM outbox")) == 0


async def published(harness: SystemHarness) -> list[tuple[str, int]]:
    environment = harness.system.environment
    topic = environment["VINCULO_TOPIC_PREFIX"] + topics.ONBOARDING_APPLICATIONS
    found = []
    for record in await read_topics(environment["VINCULO_KAFKA"], topic):
        headers = {name: value.decode() for name, value in record.headers}
        found.append((headers["ce_streamid"], int(headers["ce_streamversion"])))
    return found


async def assert_rebuild_gives_the_same_documents(harness: SystemHarness) -> None:
    """A rebuild folds every stream from its first event; the documents must be the same."""

    async def rebuild_is_equal() -> bool:
        projected = await harness.people_documents()
        await harness.run_command("query_api", "rebuild")
        return await harness.people_documents() == projected

    await eventually(rebuild_is_equal, timeout=60)


async def registrations_to_date(harness: SystemHarness) -> int:
    """The number of registrations, once it is stable after earlier journeys."""

    async def is_stable() -> list[int]:
        first = (await harness.operator.totals())["lists"]["registrations"]
        again = (await harness.operator.totals())["lists"]["registrations"]
        return [first] if first == again else []

    return (await eventually(is_stable))[0]

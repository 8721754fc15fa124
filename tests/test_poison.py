"""No content of any topic stops a consumer: only the streams of the records concerned wait."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from vinculo.contracts import topics
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.testing.poison import PoisonRecord, RefusedBy, poison_records
from vinculo.testing.systems import Systems
from vinculo.testing.waiting import eventually

from .conftest import HIGH_RATE_LIMITS, NO_FLOOR
from .dead_letter_commands import pending_dead_letters
from .system_harness import SystemHarness, open_harness
from .test_revocation import OWN_READS, UNAUTHENTICATED, status_of

EXAMPLES = Path(__file__).parents[1] / "contracts" / "examples"
POISONED: Mapping[str, str] = {
    topics.ONBOARDING_APPLICATIONS: "application-started.v1",
    topics.ONBOARDING_PAYERS: "payer-registered.v1",
    topics.DOCUMENTS_DOSSIERS: "dossier-submitted.v1",
    topics.CUSTOMER_REGISTRY_CUSTOMERS: "pre-customer-registered.v1",
    topics.CUSTOMER_REGISTRY_POLICIES: "policy-published.v1",
    topics.CUSTOMER_REGISTRY_CREDIT: "loan-recorded.v1",
    topics.NOTIFICATIONS_MESSAGES: "message-queued.v1",
    topics.ACCESS_REVOCATIONS: "session-ended.v1",
    topics.CREDIT_LOANS: "loan-opened.v1",
    topics.CREDIT_APPLICATIONS: "credit-application-reported.v1",
}
"""Every topic that is consumed, with the type of the records that are spoilt."""
READERS: Mapping[str, Sequence[str]] = {
    "onboarding": (topics.DOCUMENTS_DOSSIERS, topics.CUSTOMER_REGISTRY_CUSTOMERS),
    "documents": (topics.ONBOARDING_APPLICATIONS, topics.CUSTOMER_REGISTRY_CUSTOMERS),
    "customer_registry": (
        topics.ONBOARDING_APPLICATIONS,
        topics.DOCUMENTS_DOSSIERS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS,
    ),
    "notifications": (
        topics.ONBOARDING_APPLICATIONS,
        topics.DOCUMENTS_DOSSIERS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS,
    ),
}
"""The services that read headers of all records, and values of those that concern them."""
PROJECTED = [
    topic
    for topic in POISONED
    if not topic.startswith("credit.") and topic != topics.ACCESS_REVOCATIONS
]
CREDIT = (topics.CREDIT_LOANS, topics.CREDIT_APPLICATIONS)
BY_EVERYONE = {RefusedBy.EVERYONE}
BY_READERS = BY_EVERYONE | {RefusedBy.READERS_OF_THE_VALUE}
BY_STRICT_READERS = BY_READERS | {RefusedBy.STRICT_READERS}


@pytest_asyncio.fixture(loop_scope="session")
async def poisoned(new_system: Systems) -> AsyncIterator[SystemHarness]:
    """A system of its own, because its dead letters are many."""
    async with open_harness(await new_system({**HIGH_RATE_LIMITS, **NO_FLOOR})) as harness:
        yield harness


@pytest.mark.timeout(600)
async def test_a_corpus_of_poison_on_every_topic_stops_only_its_own_streams(
    poisoned: SystemHarness,
) -> None:
    before = await poisoned.customer()
    places = {
        topic: await publish(poisoned, topic, corpus(topic, event_type))
        for topic, event_type in POISONED.items()
    }
    assert all(len(each) >= 60 for each in places.values())

    loan = await poisoned.credit.open_loan(before.person_id, principal_cents=2_000_000_00)
    after = await poisoned.customer()
    await poisoned.wait_for_row("customers", after, status="enabled")
    await poisoned.wait_for_row("customers", before, active_loans=1)
    await poisoned.credit.close(loan)
    await poisoned.wait_for_row("customers", before, active_loans=0)

    await poisoned.operator.block(before.person_id)
    for path in OWN_READS.values():
        await eventually(partial(is_refused, poisoned, before, path), timeout=30)

    found = dict(
        zip(
            [*READERS, "query_api"],
            await asyncio.gather(
                *(pending(poisoned, service) for service in (*READERS, "query_api"))
            ),
            strict=True,
        )
    )
    for service, read in READERS.items():
        for topic in read:
            assert refused(places[topic], BY_EVERYONE) - found[service] == set(), service
    for topic in PROJECTED:
        assert refused(places[topic], BY_READERS) - found["query_api"] == set()
    for topic in CREDIT:
        assert refused(places[topic], BY_STRICT_READERS) - found["customer_registry"] == set()
    sent = {place for each in places.values() for place in each}
    assert {place for each in found.values() for place in each} <= sent


async def is_refused(harness: SystemHarness, applicant: ApplicantClient, path: str) -> bool:
    """Whether the service has read the revocation of the applicant's token."""
    return (await status_of(harness, path, applicant.token))[0] == UNAUTHENTICATED


def corpus(topic: str, event_type: str) -> list[PoisonRecord]:
    example = json.loads((EXAMPLES / topic / f"{event_type}.json").read_text("utf-8"))
    return poison_records(example["headers"], example["value"])


def refused(places: Mapping[str, PoisonRecord], by: set[RefusedBy]) -> set[str]:
    return {place for place, record in places.items() if record.refused_by in by}


async def pending(harness: SystemHarness, service: str) -> set[str]:
    return set(await pending_dead_letters(harness.system, service))


async def publish(
    harness: SystemHarness, topic: str, records: Sequence[PoisonRecord]
) -> dict[str, PoisonRecord]:
    """Send the records, some to every partition; topic/partition/offset of each."""
    producer = AIOKafkaProducer(bootstrap_servers=harness.system.environment["VINCULO_KAFKA"])
    await producer.start()
    try:
        places = {}
        for number, record in enumerate(records):
            sent = await producer.send_and_wait(
                harness.system.environment["VINCULO_TOPIC_PREFIX"] + topic,
                key=record.key,
                value=record.value,
                headers=list(record.headers),
                partition=number % topics.PARTITIONS,
            )
            places[f"{sent.topic}/{sent.partition}/{sent.offset}"] = record
        return places
    finally:
        await producer.stop()

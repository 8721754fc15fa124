"""A record that nobody can read stops its own stream and nothing else; replay heals the stream."""

import asyncio
from uuid import UUID, uuid4

import pytest

from vinculo.contracts import topics
from vinculo.local.testing import eventually
from vinculo.messaging.dead_letters import read_dead_letters

from .lender import SERVICES, Lender, cloud_event, value_of

GROUPS = {group.replace("-", "_"): group for group in topics.CONSUMER_GROUPS}
POISON = b'{"never": "closed'


async def test_poison_in_a_persons_streams_waits_for_replay(lender: Lender) -> None:
    struck = await lender.activated()
    await lender.listed("registrations", struck, status="pending")
    timeline = await lender.operator.timeline(struck.person_id)
    versions = {entry["stream"]: 0 for entry in timeline["items"]}
    for entry in timeline["items"]:
        versions[entry["stream"]] = max(versions[entry["stream"]], entry["version"])
    for topic, category, event in (
        (topics.ONBOARDING_APPLICATIONS, "application", "onboarding.employment-declared.v1"),
        (topics.DOCUMENTS_DOSSIERS, "dossier", "documents.document-received.v1"),
        (topics.CUSTOMER_REGISTRY_CUSTOMERS, "customer", "customer-registry.record-blocked.v1"),
    ):
        stream_id = f"{category}-{struck.person_id}"
        sent = headers(event, stream_id, versions[stream_id] + 1, struck.person_id)
        await poison(lender, topic, sent, struck.person_id)

    payer = lender.payer_ids[struck.person.employment.payer.name]
    await struck.declare_employment(payer)
    await struck.upload_all()
    goes_on = await lender.customer()
    await lender.listed("customers", goes_on, status="enabled")

    row = await lender.listed("registrations", struck)
    assert row["payer"] is None
    assert (await struck.application())["steps"]["documents"] == "missing"
    await asyncio.gather(
        eventually_set_aside(lender, "onboarding", topics.DOCUMENTS_DOSSIERS),
        eventually_set_aside(lender, "documents", topics.CUSTOMER_REGISTRY_CUSTOMERS),
        eventually_set_aside(lender, "customer_registry", topics.DOCUMENTS_DOSSIERS),
        eventually_set_aside(lender, "notifications", topics.ONBOARDING_APPLICATIONS),
        eventually_set_aside(lender, "query_api", topics.CUSTOMER_REGISTRY_CUSTOMERS),
    )

    await replay_everywhere(lender)

    await lender.listed("registrations", struck, payer=struck.person.employment.payer.name)
    await struck.complete()
    await lender.operator.accept_dossier(struck.person_id)
    await lender.listed("customers", struck, status="enabled")
    await replay_everywhere(lender)
    left = await asyncio.gather(
        *(lender.command(service, "dead-letters", "list") for service in SERVICES)
    )
    assert [lines.strip() for lines in left] == [""] * len(SERVICES)


@pytest.mark.parametrize(
    ("topic", "category", "service"),
    [
        (topics.ONBOARDING_PAYERS, "payer", "onboarding"),
        (topics.CUSTOMER_REGISTRY_POLICIES, "promotion-policy", "customer-registry"),
        (topics.NOTIFICATIONS_MESSAGES, "message", "notifications"),
    ],
)
async def test_poison_in_another_stream_waits_for_replay(
    lender: Lender, topic: str, category: str, service: str
) -> None:
    subject = uuid4()
    stream_id = f"{category}-{subject}"
    noted = f"{service}.{category}-noted.v1"
    await lender.publish(
        topic, headers(noted, stream_id, 1, subject), value_of(noted_by="nobody"), subject=subject
    )
    await poison(lender, topic, headers(noted, stream_id, 2, subject), subject)
    for version in (2, 3):
        await lender.publish(
            topic, headers(noted, stream_id, version, subject), value_of(), subject=subject
        )
    await eventually_set_aside(lender, "query_api", topic)
    goes_on = await lender.activated()
    await lender.listed("registrations", goes_on, status="pending")

    await lender.command("query_api", "dead-letters", "replay")

    assert topic not in await lender.command("query_api", "dead-letters", "list")


async def test_poison_from_a_credit_system_is_set_aside_alone(lender: Lender) -> None:
    customer = await lender.customer()
    loan = await lender.credit.open_loan(customer.person_id, principal_cents=2_000_000_00)
    await lender.listed("customers", customer, active_loans=1)
    await lender.publish(
        topics.CREDIT_LOANS,
        {
            **headers("credit.loan-reported.v1", "loan", 1, customer.person_id),
            "ce_source": "/demo-credit-system/loans",
        },
        POISON,
        subject=customer.person_id,
    )
    await lender.credit.close(loan)

    await lender.listed("customers", customer, active_loans=0)

    for service in ("customer_registry", "query_api"):
        place = await eventually_set_aside(lender, service, topics.CREDIT_LOANS)
        _, output = await lender.attempt(service, "dead-letters", "replay")
        assert place in output or "still" in output
        await lender.command(service, "dead-letters", "discard", place)
        await lender.command(service, "dead-letters", "replay")
        assert place not in await lender.command(service, "dead-letters", "list")


def headers(event_type: str, stream_id: str, version: int, subject: UUID) -> dict[str, str]:
    return cloud_event(
        event_type=f"vinculo.{event_type}",
        source="/journeys",
        stream_id=stream_id,
        version=version,
        subject=subject,
    )


async def poison(lender: Lender, topic: str, sent: dict[str, str], subject: UUID) -> None:
    """Put an unreadable record where the stream's next event belongs."""
    await lender.publish(topic, sent, POISON, subject=subject)


async def eventually_set_aside(lender: Lender, service: str, text: str) -> str:
    """Wait for a dead letter whose line holds the text; its place.

    The topic is looked at first: that is much less work than the command, which starts a program.
    """
    environment = lender.system.environment
    group = environment["VINCULO_TOPIC_PREFIX"] + GROUPS[service]

    async def on_the_topic() -> bool:
        letters = await read_dead_letters(environment["VINCULO_KAFKA"], group)
        return any(text in letter.name for letter in letters)

    async def listed() -> list[str]:
        lines = (await lender.command(service, "dead-letters", "list")).splitlines()
        return [line.split("\t")[0] for line in lines if text in line]

    await eventually(on_the_topic, timeout=60)
    return (await eventually(listed, timeout=60))[0]


async def replay_everywhere(lender: Lender) -> None:
    """Twice, as what one service repairs another may have been waiting for."""
    for _ in range(2):
        await asyncio.gather(
            *(lender.attempt(service, "dead-letters", "replay") for service in SERVICES)
        )

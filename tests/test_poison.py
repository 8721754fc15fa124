"""A record that nobody can read stops its own stream and nothing else; replay heals the stream."""

import asyncio
from uuid import UUID, uuid4

import pytest

from vinculo.contracts import topics
from vinculo.testing.eventually import eventually

from .dead_letters import dead_letters, healed, waiting
from .lender import Lender, cloud_event, value_of

POISON = b'{"never": "closed'


async def test_poison_in_a_persons_streams_waits_for_replay(lender: Lender) -> None:
    struck = await lender.activated()
    await lender.listed("registrations", struck, status="pending")
    timeline = await lender.operator.timeline(struck.person_id)
    versions = {entry["stream"]: 0 for entry in timeline["items"]}
    for entry in timeline["items"]:
        versions[entry["stream"]] = max(versions[entry["stream"]], entry["version"])
    application, dossier, customer = [
        await poison(
            lender,
            topic,
            headers(event, stream_id, versions[stream_id] + 1, struck.person_id),
            struck.person_id,
        )
        for topic, stream_id, event in (
            (
                topics.ONBOARDING_APPLICATIONS,
                f"application-{struck.person_id}",
                "onboarding.employment-declared.v1",
            ),
            (
                topics.DOCUMENTS_DOSSIERS,
                f"dossier-{struck.person_id}",
                "documents.document-received.v1",
            ),
            (
                topics.CUSTOMER_REGISTRY_CUSTOMERS,
                f"customer-{struck.person_id}",
                "customer-registry.record-blocked.v1",
            ),
        )
    ]

    payer = lender.payer_ids[struck.person.employment.payer.name]
    await struck.declare_employment(payer)
    await struck.upload_all()
    goes_on = await lender.customer()
    await lender.listed("customers", goes_on, status="enabled")

    row = await lender.listed("registrations", struck)
    assert row["payer"] is None
    assert (await struck.application())["steps"]["documents"] == "missing"
    await asyncio.gather(
        set_aside(lender, "onboarding", dossier),
        set_aside(lender, "documents", customer),
        set_aside(lender, "customer_registry", dossier),
        set_aside(lender, "notifications", application),
        set_aside(lender, "query_api", customer),
    )

    await eventually(lambda: healed(lender.system), timeout=60)

    await lender.listed("registrations", struck, payer=struck.person.employment.payer.name)
    await struck.complete()
    await lender.operator.accept_dossier(struck.person_id)
    await lender.listed("customers", struck, status="enabled")
    assert await healed(lender.system)


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
    place = await poison(lender, topic, headers(noted, stream_id, 2, subject), subject)
    for version in (2, 3):
        await lender.publish(
            topic, headers(noted, stream_id, version, subject), value_of(), subject=subject
        )
    await set_aside(lender, "query_api", place)
    goes_on = await lender.activated()
    await lender.listed("registrations", goes_on, status="pending")

    await dead_letters(lender.system, "query_api", "replay")

    assert await waiting(lender.system, "query_api") == []


async def test_poison_from_a_credit_system_is_set_aside_alone(lender: Lender) -> None:
    customer = await lender.customer()
    loan = await lender.credit.open_loan(customer.person_id, principal_cents=2_000_000_00)
    await lender.listed("customers", customer, active_loans=1)
    place = await poison(
        lender,
        topics.CREDIT_LOANS,
        {
            **headers("credit.loan-reported.v1", "loan", 1, customer.person_id),
            "ce_source": "/demo-credit-system/loans",
        },
        customer.person_id,
    )
    await lender.credit.close(loan)

    await lender.listed("customers", customer, active_loans=0)

    for service in ("customer_registry", "query_api"):
        await set_aside(lender, service, place)
        assert place in await dead_letters(lender.system, service, "replay")
        await lender.command(service, "dead-letters", "discard", place)
        await dead_letters(lender.system, service, "replay")
        assert place not in await lender.command(service, "dead-letters", "list")


def headers(event_type: str, stream_id: str, version: int, subject: UUID) -> dict[str, str]:
    return cloud_event(
        event_type=f"vinculo.{event_type}",
        source="/journeys",
        stream_id=stream_id,
        version=version,
        subject=subject,
    )


async def poison(lender: Lender, topic: str, sent: dict[str, str], subject: UUID) -> str:
    """Put an unreadable record where the stream's next event belongs; its place."""
    return await lender.publish(topic, sent, POISON, subject=subject)


async def set_aside(lender: Lender, service: str, place: str) -> None:
    async def is_waiting() -> bool:
        return place in await waiting(lender.system, service)

    await eventually(is_waiting, timeout=60)

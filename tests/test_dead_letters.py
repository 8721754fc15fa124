"""An unreadable record quarantines its stream only; a replay resumes the stream."""

import asyncio
from uuid import UUID, uuid4

import pytest

from vinculo.contracts import topics
from vinculo.testing.waiting import eventually

from .dead_letter_commands import pending_dead_letters, replay_all, run_dead_letters
from .system_harness import SystemHarness, cloud_event_headers, json_value

MOMENT = "2026-11-02T14:05:11.300000Z"
UNREADABLE = b'{"never": "closed'


async def test_unreadable_records_of_a_person_are_replayed(harness: SystemHarness) -> None:
    """Their type is unknown to every service, so each consumer of the topic stops at it."""
    affected = await harness.activated_applicant()
    await harness.wait_for_row("registrations", affected, status="pending")
    timeline = await harness.operator.timeline(affected.person_id)
    versions = {entry["stream"]: 0 for entry in timeline["items"]}
    for entry in timeline["items"]:
        versions[entry["stream"]] = max(versions[entry["stream"]], entry["version"])
    application, dossier, customer = [
        await publish_unreadable(
            harness,
            topic,
            # Without an id it is unreadable to every service, also where its type has no effect.
            headers(event, stream_id, versions[stream_id] + 1, affected.person_id) | {"ce_id": ""},
            affected.person_id,
        )
        for topic, stream_id, event in (
            (
                topics.ONBOARDING_APPLICATIONS,
                f"application-{affected.person_id}",
                "onboarding.application-noted.v1",
            ),
            (
                topics.DOCUMENTS_DOSSIERS,
                f"dossier-{affected.person_id}",
                "documents.dossier-noted.v1",
            ),
            (
                topics.CUSTOMER_REGISTRY_CUSTOMERS,
                f"customer-{affected.person_id}",
                "customer-registry.customer-noted.v1",
            ),
        )
    ]

    payer = harness.payer_ids[affected.person.employment.payer.name]
    await affected.declare_employment(payer)
    await affected.upload_all()
    unaffected = await harness.customer()
    await harness.wait_for_row("customers", unaffected, status="enabled")

    row = await harness.wait_for_row("registrations", affected)
    assert row["payer"] is None
    assert (await affected.application())["steps"]["documents"] == "missing"
    await asyncio.gather(
        wait_for_dead_letter(harness, "onboarding", dossier),
        wait_for_dead_letter(harness, "documents", customer),
        wait_for_dead_letter(harness, "customer_registry", dossier),
        wait_for_dead_letter(harness, "notifications", application),
        wait_for_dead_letter(harness, "query_api", customer),
    )

    await eventually(lambda: replay_all(harness.system), timeout=60)

    await harness.wait_for_row(
        "registrations", affected, payer=affected.person.employment.payer.name
    )
    await affected.complete()
    await harness.operator.accept_dossier(affected.person_id)
    await harness.wait_for_row("customers", affected, status="enabled")
    await replay_all(harness.system)


@pytest.mark.parametrize(
    ("topic", "category", "event", "value"),
    [
        (
            topics.ONBOARDING_PAYERS,
            "payer",
            "onboarding.payer-reinstated.v1",
            json_value(reinstated_by=str(uuid4()), reinstated_at=MOMENT),
        ),
        (
            topics.CUSTOMER_REGISTRY_POLICIES,
            "promotion-policy",
            "customer-registry.policy-published.v1",
            json_value(
                project="of a test",
                policy="of a test",
                policy_version=1,
                requirements=[],
                published_by=None,
                published_at=MOMENT,
            ),
        ),
        (
            topics.NOTIFICATIONS_MESSAGES,
            "message",
            "notifications.message-sent.v1",
            json_value(message_id=str(uuid4()), template="activation", attempts=1, sent_at=MOMENT),
        ),
    ],
)
async def test_an_unreadable_record_of_another_stream_is_replayed(
    harness: SystemHarness, topic: str, category: str, event: str, value: bytes
) -> None:
    subject = uuid4()
    stream_id = f"{category}-{subject}"
    await harness.publish_raw(topic, headers(event, stream_id, 1, subject), value, subject=subject)
    position = await publish_unreadable(
        harness, topic, headers(event, stream_id, 2, subject), subject
    )
    for version in (2, 3):
        await harness.publish_raw(
            topic, headers(event, stream_id, version, subject), value, subject=subject
        )
    await wait_for_dead_letter(harness, "query_api", position)
    unaffected = await harness.activated_applicant()
    await harness.wait_for_row("registrations", unaffected, status="pending")

    await eventually(lambda: replay_all(harness.system), timeout=60)


async def test_an_unreadable_record_of_a_credit_system_does_not_block_later_ones(
    harness: SystemHarness,
) -> None:
    customer = await harness.customer()
    loan = await harness.credit.open_loan(customer.person_id, principal_cents=2_000_000_00)
    await harness.wait_for_row("customers", customer, active_loans=1)
    position = await publish_unreadable(
        harness,
        topics.CREDIT_LOANS,
        {
            **headers("credit.loan-reported.v1", "loan", 1, customer.person_id),
            "ce_source": "/demo-credit-system/loans",
        },
        customer.person_id,
    )
    await harness.credit.close(loan)

    await harness.wait_for_row("customers", customer, active_loans=0)

    service = "customer_registry"
    await wait_for_dead_letter(harness, service, position)
    assert position in await run_dead_letters(harness.system, service, "replay")
    await harness.run_command(service, "dead-letters", "discard", position, "--reason", "of a test")
    await run_dead_letters(harness.system, service, "replay")
    assert position not in await harness.run_command(service, "dead-letters", "list")


def headers(event_type: str, stream_id: str, version: int, subject: UUID) -> dict[str, str]:
    return cloud_event_headers(
        event_type=f"vinculo.{event_type}",
        source="/journeys",
        stream_id=stream_id,
        version=version,
        subject=subject,
    )


async def publish_unreadable(
    harness: SystemHarness, topic: str, sent: dict[str, str], subject: UUID
) -> str:
    """Publish an unreadable record as the next event of the stream; its position.

    Without an id it is unreadable to every service, also where its type has no effect.
    """
    return await harness.publish_raw(topic, sent | {"ce_id": ""}, UNREADABLE, subject=subject)


async def wait_for_dead_letter(harness: SystemHarness, service: str, position: str) -> None:
    async def is_pending() -> bool:
        return position in await pending_dead_letters(harness.system, service)

    await eventually(is_pending, timeout=60)

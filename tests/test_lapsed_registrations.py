"""A registration that was never activated lapses, and its document can be registered again."""

import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.simulation.inboxes import activation_link_in
from vinculo.testing.databases import connected
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

LAPSE_IMMEDIATELY = {
    "REGISTRY_ACTIVATION_LAPSES_AFTER_DAYS": "0.00001",
    "REGISTRY_LAPSE_AFTER_LAST_LINK_DAYS": "0.00001",
    "REGISTRY_SWEEP_INTERVAL_SECONDS": "0.2",
}


async def test_a_lapsed_registration_is_taken_over_and_its_link_stops_working(
    harness: SystemHarness,
) -> None:
    first = harness.applicant()
    document = {
        "document_type": first.person.document_type,
        "document_number": first.person.document_number,
    }
    registered = await first.register()
    registration_id = registered.body["registration_id"]
    link = await first.activation_link()
    await wait_for_statuses(harness, first, "pending_email_verification")

    await harness.system.restart("customer-registry-worker", LAPSE_IMMEDIATELY)
    try:
        await wait_for_statuses(harness, first, "disabled")
    finally:
        await harness.system.restart("customer-registry-worker")
    await eventually(lambda: onboarding_has_disabled(harness, registration_id))
    second = harness.applicant(**document)
    response = await second.register()
    await second.activate()

    assert (response.status, set(response.body)) == (registered.status, set(registered.body))
    await wait_for_statuses(harness, first, "disabled", "pending")
    shown = await second.application()
    assert shown["personal_details"]["document_number"] == first.person.document_number
    assert shown["next"] == "employment"

    with pytest.raises(RequestRefused) as used:
        await first.activate(link)
    assert (used.value.status, used.value.problem_type) == (404, "link-unknown")
    with pytest.raises(RequestRefused) as signed_in:
        await first.sign_in()
    assert (signed_in.value.status, signed_in.value.problem_type) == (401, "sign-in-refused")
    mails = len(await harness.mailbox.mails_to(first.person.email))
    resent = await harness.gateway.call(
        "POST",
        f"/onboarding/v1/registrations/{registration_id}/activation-emails",
        json={"password": first.person.password},
    )
    before = len(await harness.mailbox.mails_to(second.person.email))
    again = await first.register()

    assert (resent.status, resent.body) == (202, {})
    assert again.status == registered.status
    await harness.mailbox.wait_for(second.person.email, skip=before, subject_contains="Alguien")
    again_mail = await harness.mailbox.wait_for(first.person.email, skip=mails)
    with pytest.raises(RequestRefused) as late:
        await first.activate(activation_link_in(again_mail))
    assert late.value.problem_type == "document-activated-by-another"
    assert len(await harness.mailbox.mails_to(first.person.email)) == mails + 1
    assert await second.sign_in() == second.person_id
    await wait_for_statuses(harness, first, "disabled", "pending")


async def wait_for_statuses(
    harness: SystemHarness, applicant: ApplicantClient, *expected: str
) -> None:
    """Wait until the document's records have these statuses, in order of registration."""

    async def matches() -> bool:
        number = applicant.person.document_number
        rows = (await harness.operator.rows("registrations", q=number, sort="number"))["items"]
        found = [row for row in rows if row["identification"] == number]
        return [row["status"] for row in found] == list(expected)

    await eventually(matches, timeout=60)


async def onboarding_has_disabled(harness: SystemHarness, registration_id: str) -> bool:
    """Whether onboarding has consumed the registry's event, which may happen after the lists."""
    async with connected(harness.system.environment["ONBOARDING_DATABASE_URL"]) as database:
        status = await database.fetchval(
            "SELECT status FROM accounts WHERE registration_id = $1", registration_id
        )
    return bool(status == "disabled")

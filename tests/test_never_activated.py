"""Who registers a document and never activates does not keep it from whoever comes next."""

import asyncpg
import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.testing.eventually import eventually

from .lender import Lender

AT_ONCE = {
    "REGISTRY_ACTIVATION_LAPSES_AFTER_DAYS": "0.00001",
    "REGISTRY_SWEEP_INTERVAL_SECONDS": "0.2",
}


async def test_a_registration_that_lapsed_is_taken_over_and_the_first_link_is_dead(
    lender: Lender,
) -> None:
    first = lender.applicant()
    document = {
        "document_type": first.person.document_type,
        "document_number": first.person.document_number,
    }
    registered = await first.register()
    registration_id = registered.body["registration_id"]
    link = await first.activation_link()
    await statuses(lender, first, "pending_email_verification")

    await lender.system.restart("customer-registry-worker", AT_ONCE)
    try:
        await statuses(lender, first, "disabled")
    finally:
        await lender.system.restart("customer-registry-worker")
    await eventually(lambda: onboarding_knows(lender, registration_id))
    second = lender.applicant(**document)
    answer = await second.register()
    await second.activate()

    assert (answer.status, set(answer.body)) == (registered.status, set(registered.body))
    await statuses(lender, first, "disabled", "pending")
    shown = await second.application()
    assert shown["personal_details"]["document_number"] == first.person.document_number
    assert shown["next"] == "employment"

    with pytest.raises(RequestRefused) as used:
        await first.activate(link)
    assert (used.value.status, used.value.problem_type) == (404, "link-unknown")
    with pytest.raises(RequestRefused) as signed_in:
        await first.sign_in()
    assert (signed_in.value.status, signed_in.value.problem_type) == (401, "sign-in-refused")
    mails = len(await lender.mails.mails_to(first.person.email))
    resent = await lender.gateway.call(
        "POST",
        f"/onboarding/v1/registrations/{registration_id}/activation-emails",
        json={"password": first.person.password},
    )
    before = len(await lender.mails.mails_to(second.person.email))
    again = await first.register()

    assert (resent.status, resent.body) == (202, {})
    assert again.status == registered.status
    await lender.mails.wait_for(second.person.email, skip=before, subject_contains="Alguien")
    assert len(await lender.mails.mails_to(first.person.email)) == mails
    assert await second.sign_in() == second.person_id
    await statuses(lender, first, "disabled", "pending")


async def statuses(lender: Lender, applicant: ApplicantClient, *wanted: str) -> None:
    """Wait until the document's records, in the order of their registration, have these."""

    async def so() -> bool:
        words = applicant.person.document_number
        rows = (await lender.operator.rows("registrations", q=words, sort="number"))["items"]
        found = [row for row in rows if row["identification"] == words]
        return [row["status"] for row in found] == list(wanted)

    await eventually(so, timeout=60)


async def onboarding_knows(lender: Lender, registration_id: str) -> bool:
    """It hears of the lapse from the registry, as the lists do, and maybe after them."""
    database = await asyncpg.connect(lender.system.environment["ONBOARDING_DATABASE_URL"])
    try:
        status = await database.fetchval(
            "SELECT status FROM accounts WHERE registration_id = $1", registration_id
        )
    finally:
        await database.close()
    return bool(status == "disabled")

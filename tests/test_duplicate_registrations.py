"""A document is registered once, even with repeated and concurrent attempts."""

import asyncio

import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.simulation.inboxes import activation_link_in
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

CONCURRENT_ATTEMPTS = 50
SUBMISSIONS_OF_A_NETWORK = 5


async def test_a_repeat_after_activation_is_answered_alike_and_both_mailboxes_hear_of_it(
    harness: SystemHarness,
) -> None:
    """The owner is warned. The repeat's own link proves its mailbox only, and opens nothing."""
    owner = await harness.activated_applicant()
    stranger = harness.applicant(
        document_type=owner.person.document_type,
        document_number=owner.person.document_number,
    )
    before = len(await harness.mailbox.mails_to(owner.person.email))

    first = await harness.applicant().register()
    repeat = await stranger.register()

    assert (repeat.status, set(repeat.body)) == (first.status, set(first.body))
    warning = await harness.mailbox.wait_for(
        owner.person.email, skip=before, subject_contains="Alguien"
    )
    assert activation_link_in(warning) is None
    link = await stranger.activation_link()
    with pytest.raises(RequestRefused) as refused:
        await stranger.activate(link)
    assert (refused.value.status, refused.value.problem_type) == (
        409,
        "document-activated-by-another",
    )
    assert await owner.sign_in() == owner.person_id
    shown = await owner.application()
    assert shown["personal_details"]["given_names"] == owner.person.given_names
    with pytest.raises(RequestRefused) as signing_in:
        await stranger.sign_in()
    assert signing_in.value.problem_type == "sign-in-refused"
    assert len(await harness.rows_of("registrations", owner)) == 1


async def test_fifty_concurrent_attempts_give_one_application(harness: SystemHarness) -> None:
    """One network registers a document five times a day; each of the five gets its own link."""
    person = harness.applicant().person
    applicants = [
        harness.applicant(
            document_type=person.document_type, document_number=person.document_number
        )
        for _ in range(CONCURRENT_ATTEMPTS)
    ]

    responses = await asyncio.gather(*(each.register() for each in applicants))

    assert {(response.status, *response.body) for response in responses} == {
        (202, "registration_id")
    }
    assert len({response.body["registration_id"] for response in responses}) == CONCURRENT_ATTEMPTS

    async def mailed() -> list[ApplicantClient]:
        found = [each for each in applicants if await harness.mailbox.mails_to(each.person.email)]
        return found if len(found) == SUBMISSIONS_OF_A_NETWORK else []

    winner, loser, *_ = await eventually(mailed, timeout=60)
    await winner.activate()
    await harness.wait_for_row("registrations", winner, status="pending")
    rows = await harness.operator.rows("registrations", q=person.document_number)
    assert [row["email"] for row in rows["items"]] == [winner.person.email]
    with pytest.raises(RequestRefused) as refused:
        await loser.activate()
    assert refused.value.problem_type == "document-activated-by-another"

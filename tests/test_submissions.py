"""Of several registrations of a document, the one whose mailbox and password are proven counts."""

import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

STRANGERS_PASSWORD = "una frase larga que solo sabe otra"


async def test_a_stranger_who_registers_first_does_not_get_the_account(
    harness: SystemHarness,
) -> None:
    """The stranger gives the owner's document and address, with another password and name."""
    owner = harness.applicant(given_names="Ana Lucía")
    stranger = harness.applicant(
        document_type=owner.person.document_type,
        document_number=owner.person.document_number,
        email=owner.person.email,
        password=STRANGERS_PASSWORD,
        given_names="Otra",
    )
    first = await stranger.register()
    second = await owner.register()
    await two_links_arrived(harness, owner)

    await owner.activate()

    assert (second.status, set(second.body)) == (first.status, set(first.body))
    assert await owner.sign_in() == owner.person_id
    with pytest.raises(RequestRefused) as refused:
        await stranger.sign_in()
    assert (refused.value.status, refused.value.problem_type) == (401, "sign-in-refused")
    shown = await owner.application()
    assert shown["personal_details"]["given_names"] == "Ana Lucía"
    assert shown["phone"] == owner.person.phone


async def two_links_arrived(harness: SystemHarness, owner: ApplicantClient) -> None:
    async def arrived() -> bool:
        return len(await harness.mailbox.mails_to(owner.person.email)) >= 2

    await eventually(arrived, timeout=60)

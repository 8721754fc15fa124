"""A document is registered once, however often and however much at once it is tried."""

import asyncio

from vinculo.simulation.inboxes import activation_link_in
from vinculo.testing.eventually import eventually

from .lender import Lender

AT_ONCE = 50


async def test_a_repeat_gets_the_same_answer_and_the_owner_is_told(lender: Lender) -> None:
    owner = await lender.activated()
    stranger = lender.applicant(
        document_type=owner.person.document_type,
        document_number=owner.person.document_number,
    )
    before = len(await lender.mails.mails_to(owner.person.email))

    first = await lender.applicant().register()
    repeat = await stranger.register()

    assert (repeat.status, set(repeat.body)) == (first.status, set(first.body))
    warning = await lender.mails.wait_for(
        owner.person.email, skip=before, subject_contains="Alguien"
    )
    assert activation_link_in(warning) is None
    assert await lender.mails.mails_to(stranger.person.email) == []
    assert await owner.sign_in() == owner.person_id
    assert len(await lender.found("registrations", owner)) == 1


async def test_fifty_at_once_are_one_registration(lender: Lender) -> None:
    person = lender.applicant().person
    everyone = [
        lender.applicant(document_type=person.document_type, document_number=person.document_number)
        for _ in range(AT_ONCE)
    ]

    answers = await asyncio.gather(*(each.register() for each in everyone))

    assert {(answer.status, *answer.body) for answer in answers} == {(202, "registration_id")}
    assert len({answer.body["registration_id"] for answer in answers}) == AT_ONCE

    async def addressed() -> list[str]:
        return [
            each.person.email for each in everyone if await lender.mails.mails_to(each.person.email)
        ]

    (owner,) = await eventually(addressed, timeout=60)
    winner = next(each for each in everyone if each.person.email == owner)
    await winner.activate()
    await lender.listed("registrations", winner, status="pending")
    rows = await lender.operator.rows("registrations", q=person.document_number)
    assert [row["email"] for row in rows["items"]] == [owner]
    mails = await lender.mails.mails_to(owner)
    assert len([mail for mail in mails if activation_link_in(mail)]) == 1
    assert len([mail for mail in mails if "Alguien" in mail.subject]) <= 1

"""A document whose application was never activated can be registered by somebody else."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from vinculo.eventstore import execute
from vinculo.onboarding.domain.application_decisions import EraseApplicant
from vinculo.onboarding.storage.accounts import delete_account, update_account
from vinculo.onboarding.storage.streams import application_category
from vinculo.onboarding.storage.tables import accounts, document_reservations

from .lapses import lapse
from .service_under_test import PASSWORD, Link, Service, registration_body

pytestmark = pytest.mark.servers

OTHERS = "once faroles rojos bajo la lluvia"


async def holder(service: Service) -> UUID:
    async with service.dependencies.database.connect() as connection:
        (person_id,) = (await connection.scalars(select(document_reservations.c.person_id))).all()
    return UUID(str(person_id))


async def new_link(service: Service, old: Link) -> Link:
    """Ask for the old person's link again, after the day for which the first one was good."""
    service.clock.advance(timedelta(days=31))
    async with service.dependencies.database.connect() as connection:
        registration_id = await connection.scalar(
            select(accounts.c.registration_id).where(accounts.c.person_id == old.person_id)
        )
    path = f"registrations/{registration_id}/activation-emails"
    assert (await service.post(path, {"password": PASSWORD})).status_code == 202
    return await service.latest_link(old.person_id)


async def test_a_lapsed_document_is_registered_anew_with_the_same_answer(service: Service) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    answer = await service.post("registrations", registration_body(email="eva@example.com"))

    taker = await holder(service)
    assert (answer.status_code, list(answer.json())) == (202, ["registration_id"])
    assert taker != old.person_id
    assert (await service.types(old.person_id))[-2:] == [
        "application-lapsed.v1",
        "reservation-taken-over.v1",
    ]
    assert (await service.types(taker))[0] == "application-started.v1"
    assert await service.rows(document_reservations) == 1


async def test_the_new_person_activates_and_signs_in(service: Service) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    new = await service.registered(password=OTHERS)
    sign_in = {"document_number": "1032456789"}

    assert (await service.post("activations", new.body())).status_code == 200
    assert (await service.post("sessions", {**sign_in, "password": OTHERS})).status_code == 201
    assert (await service.post("sessions", {**sign_in, "password": PASSWORD})).status_code == 401


async def test_of_many_that_take_over_at_once_one_does_and_the_others_repeat(
    service: Service,
) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    answers = await asyncio.gather(
        *(service.post("registrations", registration_body()) for _ in range(12))
    )

    assert {answer.status_code for answer in answers} == {202}
    assert await service.rows(accounts) == 2
    assert await service.rows(document_reservations) == 1
    assert (await service.types(old.person_id)).count("reservation-taken-over.v1") == 1
    types = await service.types(await holder(service))
    assert types.count("application-started.v1") == 1
    assert types.count("registration-repeated.v1") == 1


async def test_the_links_of_who_was_taken_over_are_answered_as_unknown(service: Service) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    link = await new_link(service, old)
    await service.registered(password=OTHERS)
    before = await service.types(old.person_id)
    answers = [await service.post("activations", each.body()) for each in (old, link)]
    await new_link(service, old)

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["type"] == "urn:vinculo:problem:link-unknown"
    assert await service.types(old.person_id) == before


async def test_a_lapsed_person_is_revived_by_a_new_link_and_keeps_the_document(
    service: Service,
) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    link = await new_link(service, old)

    assert (await service.post("activations", old.body())).status_code == 410
    assert (await service.post("activations", link.body())).status_code == 200
    await service.post("registrations", registration_body(password=OTHERS))
    assert await holder(service) == old.person_id
    assert await service.rows(accounts) == 1
    sign_in = {"document_number": "1032456789", "password": PASSWORD}
    assert (await service.post("sessions", sign_in)).status_code == 201


async def test_reviving_and_taking_over_at_once_end_as_one_of_both(service: Service) -> None:
    for number in range(6):
        document = f"10324567{number:02}"
        old = await service.registered(document_number=document)
        await lapse(service, old.person_id)
        link = await new_link(service, old)
        activated, registered = await asyncio.gather(
            service.post("activations", link.body()),
            service.post("registrations", registration_body(document_number=document)),
        )

        types = await service.types(old.person_id)
        revived = activated.status_code == 200
        assert registered.status_code == 202
        assert activated.status_code in {200, 404}
        assert ("email-verified.v1" in types) is revived
        assert ("reservation-taken-over.v1" in types) is not revived


async def test_erasing_and_taking_over_at_once_leave_one_holder(service: Service) -> None:
    async def erase(person_id: UUID) -> None:
        async with service.dependencies.store.transaction() as connection:
            await execute(
                service.dependencies.store,
                application_category(),
                person_id,
                EraseApplicant(now=service.clock()),
                connection=connection,
            )
            await delete_account(connection, person_id)

    for number in range(6):
        document = f"10324568{number:02}"
        old = await service.registered(document_number=document)
        await lapse(service, old.person_id)
        erased, registered = await asyncio.gather(
            erase(old.person_id),
            service.post("registrations", registration_body(document_number=document)),
            return_exceptions=True,
        )

        assert not isinstance(registered, BaseException)
        assert registered.status_code == 202
        if erased is not None:
            await erase(old.person_id)
        assert (await service.types(old.person_id))[-1] == "applicant-erased.v1"
        assert await service.rows(document_reservations) == number + 1


async def test_a_document_that_was_blocked_stays_reserved(service: Service) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, old.person_id, status="blocked")
    await service.post("registrations", registration_body())

    assert await holder(service) == old.person_id
    assert await service.rows(accounts) == 1

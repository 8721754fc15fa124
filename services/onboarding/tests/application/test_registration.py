"""One document has one registration, and the response does not reveal it."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from vinculo.eventstore import execute
from vinculo.httpapi.rate_limits import rate_limits
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.domain.application_decisions import EraseApplicant
from vinculo.onboarding.storage.accounts import delete_account, update_account
from vinculo.onboarding.storage.identity_reservations import lock_reservations_of
from vinculo.onboarding.storage.streams import application_category
from vinculo.onboarding.storage.tables import accounts, activation_links, document_reservations

from ..http_calls import CC_CHECK, NIT_CHECK, OTHER_PASSWORD, ChecksWith, check_document
from ..service_fixture import (
    PASSWORD,
    Link,
    ServiceFixture,
    lapse,
    registration_body,
)

pytestmark = pytest.mark.servers


UNKNOWN = {"document_type": "CC", "document_number": "79123456"}

HERE = {"x_forwarded_for": "203.0.113.7"}


async def holder(service: ServiceFixture) -> UUID:
    async with service.dependencies.database.connect() as connection:
        (person_id,) = (await connection.scalars(select(document_reservations.c.person_id))).all()
    return UUID(str(person_id))


async def new_link(service: ServiceFixture, old: Link) -> Link:
    """Request another link for the old person, after the first one expired."""
    service.clock.advance(timedelta(days=31))
    async with service.dependencies.database.connect() as connection:
        registration_id = await connection.scalar(
            select(accounts.c.registration_id).where(accounts.c.person_id == old.person_id)
        )
    path = f"registrations/{registration_id}/activation-emails"
    assert (await service.post(path, {"password": PASSWORD})).status_code == 202
    return await service.latest_link(old.person_id)


async def test_a_registration_is_accepted_and_recorded(service: ServiceFixture) -> None:
    response = await service.post("registrations", registration_body())

    assert response.status_code == 202
    assert list(response.json()) == ["registration_id"]
    async with service.dependencies.database.connect() as connection:
        person_id = await connection.scalar(select(accounts.c.person_id))
    assert person_id is not None
    assert await service.types(person_id) == [
        "application-started.v1",
        "activation-link-issued.v1",
    ]


async def test_personal_data_is_encrypted_and_normalized(service: ServiceFixture) -> None:
    link = await service.registered()
    started = (await service.events(link.person_id))[0]

    assert started.personal is not None
    assert "Ana" not in str(started.data) + str(started.personal)
    opened = await service.dependencies.keyring.decrypt(
        link.person_id, started.event_id, started.personal
    )
    assert opened == {
        "v": 1,
        "document_number": "1032456789",
        "given_names": "Ana María",
        "surnames": "Gómez Ruiz",
        "birth_date": "1990-05-17",
        "email": "ana@example.com",
        "phone": "+573001234567",
    }


async def test_a_repeated_registration_gets_the_same_response_and_is_recorded(
    service: ServiceFixture,
) -> None:
    link = await service.registered()
    again = await service.post(
        "registrations", registration_body(document_number="1032456789", email="eva@example.com")
    )

    assert again.status_code == 202
    assert list(again.json()) == ["registration_id"]
    assert (await service.types(link.person_id))[-2:] == [
        "submission-received.v1",
        "activation-link-issued.v1",
    ]
    assert await service.rows(accounts) == 1


async def test_the_owner_of_an_active_account_gets_a_mail_once_an_hour(
    service: ServiceFixture,
) -> None:
    person_id, _ = await service.active()
    for _ in range(3):
        assert (await service.post("registrations", registration_body())).status_code == 202

    assert (await service.types(person_id)).count("registration-repeated.v1") == 1


async def test_a_cedula_and_the_nit_of_its_holder_are_one_identity(service: ServiceFixture) -> None:
    link = await service.registered(document_number="1032456789")
    nit = registration_body(document_type="NIT", document_number="1.032.456.789-7")

    assert (await service.post("registrations", nit)).status_code == 202
    assert await service.rows(document_reservations) == 1
    assert "submission-received.v1" in await service.types(link.person_id)


async def test_the_same_number_of_another_document_type_is_another_person(
    service: ServiceFixture,
) -> None:
    await service.registered(document_type="CE", document_number="412345")
    await service.registered(document_type="PASSPORT", document_number="412345")

    assert await service.rows(accounts) == 2


async def test_fifty_concurrent_registrations_give_one_reservation_and_one_stream(
    service: ServiceFixture,
) -> None:
    responses = await asyncio.gather(
        *(service.post("registrations", registration_body()) for _ in range(50))
    )

    assert {response.status_code for response in responses} == {202}
    assert {tuple(response.json()) for response in responses} == {("registration_id",)}
    assert await service.rows(document_reservations) == 1
    assert await service.rows(accounts) == 1
    async with service.dependencies.database.connect() as connection:
        people = await connection.scalars(select(activation_links.c.person_id).distinct())
        (person_id,) = people.all()
        streams = await connection.exec_driver_sql("SELECT count(*) FROM streams")
    assert streams.scalar() == 1
    assert (await service.types(person_id)).count("application-started.v1") == 1


async def test_a_repeat_after_the_link_expired_has_a_valid_one(service: ServiceFixture) -> None:
    first = await service.registered()
    service.clock.advance(timedelta(hours=25))

    await service.post("registrations", registration_body())
    newer = await service.latest_link(first.person_id)

    assert newer.link_id != first.link_id
    assert (await service.post("activations", first.body())).status_code == 410
    assert (await service.post("activations", newer.body())).status_code == 200


async def test_a_project_can_be_chosen(service: ServiceFixture) -> None:
    link = await service.registered(project="express")

    assert (await service.events(link.person_id))[0].data["project"] == "express"


async def test_registering_hashes_once_when_new_repeated_or_taken_over(
    service: ServiceFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    hash_ = PasswordHasher.hash

    async def counted(self: PasswordHasher, password: str) -> str:
        hashed.append(password)
        return await hash_(self, password)

    monkeypatch.setattr(PasswordHasher, "hash", counted)
    new = await service.registered()
    repeated = await service.post("registrations", registration_body())
    await lapse(service, new.person_id)
    taken_over = await service.post("registrations", registration_body())

    assert len(hashed) == 3
    assert repeated.status_code == taken_over.status_code == 202
    assert repeated.json().keys() == taken_over.json().keys()
    assert repeated.headers.keys() == taken_over.headers.keys()


async def test_a_lapsed_document_is_registered_again_with_the_same_response(
    service: ServiceFixture,
) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    response = await service.post("registrations", registration_body(email="eva@example.com"))

    taker = await holder(service)
    assert (response.status_code, list(response.json())) == (202, ["registration_id"])
    assert taker != old.person_id
    assert (await service.types(old.person_id))[-2:] == [
        "application-lapsed.v1",
        "reservation-taken-over.v1",
    ]
    assert (await service.types(taker))[0] == "application-started.v1"
    assert await service.rows(document_reservations) == 1


async def test_the_new_person_activates_and_signs_in(service: ServiceFixture) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    new = await service.registered(password=OTHER_PASSWORD)
    sign_in = {"document_number": "1032456789"}

    assert (await service.post("activations", new.body(OTHER_PASSWORD))).status_code == 200
    assert (
        await service.post("sessions", {**sign_in, "password": OTHER_PASSWORD})
    ).status_code == 201
    assert (await service.post("sessions", {**sign_in, "password": PASSWORD})).status_code == 401


async def test_of_concurrent_takeovers_one_succeeds_and_the_others_repeat(
    service: ServiceFixture,
) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    responses = await asyncio.gather(
        *(
            service.post(
                "registrations",
                registration_body(email=f"ana{number}@example.com"),
                x_forwarded_for=f"203.0.113.{number}",
            )
            for number in range(12)
        )
    )

    assert {response.status_code for response in responses} == {202}
    assert await service.rows(accounts) == 2
    assert await service.rows(document_reservations) == 1
    assert (await service.types(old.person_id)).count("reservation-taken-over.v1") == 1
    types = await service.types(await holder(service))
    assert types.count("application-started.v1") == 1
    assert types.count("submission-received.v1") == 11


async def test_the_links_of_a_taken_over_application_count_as_unknown(
    service: ServiceFixture,
) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    link = await new_link(service, old)
    await service.registered(password=OTHER_PASSWORD)
    before = await service.types(old.person_id)
    responses = [await service.post("activations", each.body()) for each in (old, link)]
    await new_link(service, old)

    assert [response.status_code for response in responses] == [404, 404]
    assert responses[0].json()["type"] == "urn:vinculo:problem:link-unknown"
    assert await service.types(old.person_id) == before


async def test_a_lapsed_person_is_revived_by_a_new_link_with_the_document(
    service: ServiceFixture,
) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    link = await new_link(service, old)

    assert (await service.post("activations", old.body())).status_code == 410
    assert (await service.post("activations", link.body())).status_code == 200
    await service.post("registrations", registration_body(password=OTHER_PASSWORD))
    assert await holder(service) == old.person_id
    assert await service.rows(accounts) == 1
    sign_in = {"document_number": "1032456789", "password": PASSWORD}
    assert (await service.post("sessions", sign_in)).status_code == 201


async def test_of_a_concurrent_revival_and_takeover_one_succeeds(service: ServiceFixture) -> None:
    for number in range(6):
        document = f"10324567{number:02}"
        old = await service.registered(document_number=document)
        await lapse(service, old.person_id)
        link = await new_link(service, old)
        activated, check_document = await asyncio.gather(
            service.post("activations", link.body()),
            service.post("registrations", registration_body(document_number=document)),
        )

        types = await service.types(old.person_id)
        revived = activated.status_code == 200
        assert check_document.status_code == 202
        assert activated.status_code in {200, 404}
        assert ("email-verified.v2" in types) is revived
        assert ("reservation-taken-over.v1" in types) is not revived


async def test_concurrent_erasure_and_takeover_leave_one_holder(service: ServiceFixture) -> None:
    async def erase(person_id: UUID) -> None:
        async with service.dependencies.store.transaction() as connection:
            await lock_reservations_of(connection, person_id)
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
        erased, check_document = await asyncio.gather(
            erase(old.person_id),
            service.post("registrations", registration_body(document_number=document)),
            return_exceptions=True,
        )

        assert not isinstance(check_document, BaseException)
        assert check_document.status_code == 202
        if erased is not None:
            await erase(old.person_id)
        assert (await service.types(old.person_id))[-1] == "applicant-erased.v1"
        assert await service.rows(document_reservations) == number + 1


async def test_a_document_that_was_blocked_stays_reserved(service: ServiceFixture) -> None:
    old = await service.registered()
    await lapse(service, old.person_id)
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, old.person_id, status="blocked")
    await service.post("registrations", registration_body())

    assert await holder(service) == old.person_id
    assert await service.rows(accounts) == 1


async def test_public_checks_distinguish_registered_documents(checks_with: ChecksWith) -> None:
    service = await checks_with("public")
    await service.registered()
    limits = await service.rows(rate_limits)

    assert [await check_document(service, body) for body in (CC_CHECK, NIT_CHECK, UNKNOWN)] == [
        True,
        True,
        False,
    ]
    for _ in range(5):
        assert await check_document(service, UNKNOWN) is False
    assert await service.rows(rate_limits) == limits


async def test_a_document_that_can_be_taken_over_counts_as_free(checks_with: ChecksWith) -> None:
    service = await checks_with("public")
    link = await service.registered()
    await lapse(service, link.person_id)

    assert await check_document(service, CC_CHECK) is False


async def test_limited_checks_end_for_an_address_and_start_again_after_an_hour(
    checks_with: ChecksWith,
) -> None:
    service = await checks_with("limited")
    for _ in range(3):
        assert await check_document(service, UNKNOWN, **HERE) is False
    service.clock.advance(timedelta(minutes=20))
    refused = await service.post("document-checks", UNKNOWN, **HERE)

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "2400"
    assert await check_document(service, UNKNOWN, x_forwarded_for="203.0.113.8") is False
    service.clock.advance(timedelta(minutes=40))
    assert await check_document(service, UNKNOWN, **HERE) is False


async def test_limited_checks_of_one_document_end_for_all_addresses(
    checks_with: ChecksWith,
) -> None:
    service = await checks_with("limited")
    responses = [
        await service.post("document-checks", body, x_forwarded_for=f"203.0.113.{n}")
        for n, body in enumerate((CC_CHECK, NIT_CHECK) * 3)
    ]

    assert [response.status_code for response in responses] == [200] * 5 + [429]
    assert responses[-1].headers["retry-after"] == "3600"
    assert await check_document(service, UNKNOWN, x_forwarded_for="203.0.113.5") is False
    await service.registered()
    service.clock.advance(timedelta(hours=1))
    assert await check_document(service, CC_CHECK, x_forwarded_for="203.0.113.5") is True


async def test_a_forged_address_gives_no_further_check(
    checks_with: ChecksWith,
) -> None:
    service = await checks_with("limited")
    responses = [
        await service.post(
            "document-checks", UNKNOWN, x_forwarded_for=f"198.51.100.{n}, 203.0.113.7"
        )
        for n in range(5)
    ]

    assert [response.status_code for response in responses] == [200, 200, 200, 429, 429]


async def test_concurrent_checks_are_limited_together(checks_with: ChecksWith) -> None:
    service = await checks_with("limited")
    responses = await asyncio.gather(
        *(service.post("document-checks", UNKNOWN, **HERE) for _ in range(12))
    )

    assert sorted(response.status_code for response in responses) == [*[200] * 3, *[429] * 9]


async def test_without_checks_all_responses_are_the_same(checks_with: ChecksWith) -> None:
    service = await checks_with("never")
    await service.registered()
    limits = await service.rows(rate_limits)

    assert [await check_document(service, body) for body in (CC_CHECK, NIT_CHECK, UNKNOWN) * 3] == [
        None
    ] * 9
    assert await service.rows(rate_limits) == limits

"""The activation link works once, for a day, and can be sent again."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from vinculo.httpapi.testing import discard_saved_responses
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.storage.accounts import update_account
from vinculo.privacy import link_token

from ..http_calls import CORRECT_PASSWORD, emails_path, only_person, register_unactivated
from ..service_fixture import ServiceFixture

pytestmark = pytest.mark.servers

MINUTE = timedelta(minutes=1)


async def test_the_link_activates_and_opens_a_session(service: ServiceFixture) -> None:
    link = await service.registered()
    response = await service.post("activations", link.body())

    session = response.json()
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert (session["token_type"], session["expires_in"]) == ("Bearer", 600)
    assert session["person_id"] == str(link.person_id)
    assert (await service.types(link.person_id))[-1] == "email-verified.v2"


async def test_a_link_works_once(service: ServiceFixture) -> None:
    link = await service.registered()
    await service.post("activations", link.body())
    again = await service.post("activations", link.body())

    assert again.status_code == 410
    assert again.json()["type"] == "urn:vinculo:problem:link-used"


async def test_of_concurrent_uses_of_a_link_one_activates(service: ServiceFixture) -> None:
    link = await service.registered()
    responses = await asyncio.gather(*(service.post("activations", link.body()) for _ in range(8)))

    statuses = [response.status_code for response in responses]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 410, 429}
    assert (await service.types(link.person_id)).count("email-verified.v2") == 1


async def test_a_link_expires_after_a_day(service: ServiceFixture) -> None:
    link = await service.registered()
    service.clock.advance(timedelta(hours=24))
    response = await service.post("activations", link.body())

    assert response.status_code == 410
    assert response.json()["type"] == "urn:vinculo:problem:link-expired"


async def test_an_unknown_link_and_a_wrong_token_get_the_same_response(
    service: ServiceFixture,
) -> None:
    link = await service.registered()
    unknown = uuid4()
    key = service.settings.vinculo_link_key.get_secret_value()
    responses = [
        await service.post("activations", {**link.body(), "link_id": str(unknown), "token": "x"}),
        await service.post(
            "activations",
            {**link.body(), "link_id": str(unknown), "token": link_token(key, unknown)},
        ),
        await service.post("activations", {**link.body(), "token": "ñ" * 43}),
        await service.post("activations", {**link.body(), "link_id": str(unknown)}),
    ]

    assert {response.status_code for response in responses} == {404}
    assert {response.json()["type"] for response in responses} == {
        "urn:vinculo:problem:link-unknown"
    }
    assert "email-verified.v2" not in await service.types(link.person_id)


async def test_the_link_of_a_blocked_person_counts_as_unknown(service: ServiceFixture) -> None:
    link = await service.registered()
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, link.person_id, status="blocked")

    assert (await service.post("activations", link.body())).status_code == 404


async def test_the_link_is_sent_again_and_the_earlier_one_is_invalid(
    service: ServiceFixture,
) -> None:
    registration_id = await register_unactivated(service)
    person_id = await only_person(service)
    first = await service.latest_link(person_id)
    response = await service.post(emails_path(registration_id), CORRECT_PASSWORD)
    second = await service.latest_link(person_id)

    assert (response.status_code, response.json()) == (202, {})
    assert second.link_id != first.link_id
    assert (await service.post("activations", first.body())).status_code == 410
    assert (await service.post("activations", second.body())).status_code == 200


async def test_a_mistyped_address_is_corrected_and_earlier_links_are_invalid(
    service: ServiceFixture,
) -> None:
    registration_id = await register_unactivated(service, email="aan@example.com")
    person_id = await only_person(service)
    mistyped = await service.latest_link(person_id)
    response = await service.post(
        emails_path(registration_id), {**CORRECT_PASSWORD, "email": " ana@EXAMPLE.com "}
    )
    corrected, issued = (await service.events(person_id))[-2:]

    assert response.status_code == 202
    assert (corrected.type, issued.type) == ("email-corrected.v1", "activation-link-issued.v1")
    assert corrected.personal is not None
    opened = await service.dependencies.keyring.decrypt(
        person_id, corrected.event_id, corrected.personal
    )
    assert opened == {"v": 1, "contact": "ana@example.com"}
    assert (await service.post("activations", mistyped.body())).status_code == 410
    link = await service.latest_link(person_id)
    assert (await service.post("activations", link.body())).status_code == 200


async def test_requests_without_a_mail_get_the_same_response_and_cost_one_hash(
    service: ServiceFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[bool] = []
    verify = PasswordHasher.verify

    async def counted(self: PasswordHasher, password: str, known_hash: str | None) -> object:
        verified.append(True)
        return await verify(self, password, known_hash)

    mine = await register_unactivated(service)
    person_id = await only_person(service)
    active = await register_unactivated(service, document_number="79123456")
    await service.post("activations", (await service.link_of(active)).body())
    before = await service.types(person_id)
    monkeypatch.setattr(PasswordHasher, "verify", counted)

    responses = [
        await service.post(emails_path(mine), {"password": "otra frase que no es la suya"}),
        await service.post(emails_path(active), {**CORRECT_PASSWORD, "email": "otra@example.com"}),
        await service.post(emails_path(uuid4()), {**CORRECT_PASSWORD, "email": "otra@example.com"}),
    ]

    assert [(each.status_code, each.json()) for each in responses] == [(202, {})] * 3
    assert len(verified) == len(responses)
    assert await service.types(person_id) == before


async def test_one_mail_a_minute_and_five_a_day(service: ServiceFixture) -> None:
    path = emails_path(await register_unactivated(service))
    for number in range(5):
        assert (await service.post(path, CORRECT_PASSWORD)).status_code == 202
        soon = await service.post(path, CORRECT_PASSWORD)
        assert soon.status_code == 429
        if number < 4:
            assert soon.headers["retry-after"] == "60"
            service.clock.advance(MINUTE)
    service.clock.advance(MINUTE)
    later = await service.post(path, CORRECT_PASSWORD)
    assert later.status_code == 429
    assert int(later.headers["retry-after"]) == 24 * 3600 - 5 * 60
    service.clock.advance(timedelta(days=1))
    assert (await service.post(path, CORRECT_PASSWORD)).status_code == 202


async def test_guesses_are_counted_also_for_unknown_registrations(
    service: ServiceFixture,
) -> None:
    registration_id = await register_unactivated(service)
    person_id = await only_person(service)
    for guessed in (registration_id, uuid4()):
        guesses = [
            await service.post(emails_path(guessed), {"password": f"esta es la frase {n}"})
            for n in range(7)
        ]
        assert [each.status_code for each in guesses] == [*[202] * 5, 429, 429]

    assert await service.types(person_id) == [
        "application-started.v1",
        "activation-link-issued.v1",
    ]


async def test_a_request_repeated_after_a_crash_sends_no_second_mail(
    service: ServiceFixture,
) -> None:
    registration_id = await register_unactivated(service)
    person_id = await only_person(service)
    body = {**CORRECT_PASSWORD, "email": "ana.maria@example.com"}
    first = await service.post(emails_path(registration_id), body, idempotency_key="k-1")
    sent = await service.types(person_id)
    await discard_saved_responses(service.dependencies.database)
    again = await service.post(emails_path(registration_id), body, idempotency_key="k-1")

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert await service.types(person_id) == sent
    link = await service.latest_link(person_id)
    assert (await service.post("activations", link.body())).status_code == 200

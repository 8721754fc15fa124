"""The activation link once more, and a mistyped address put right; nobody else learns anything."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from vinculo.httpapi.testing import lose_answers
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.storage.tables import accounts, activation_links

from .service_under_test import PASSWORD, Service, registration_body

pytestmark = pytest.mark.servers

MINUTE = timedelta(minutes=1)
RIGHT = {"password": PASSWORD}


async def register(service: Service, **changes: Any) -> str:
    answer = await service.post("registrations", registration_body(**changes))
    registration_id: str = answer.json()["registration_id"]
    return registration_id


async def only_person(service: Service) -> UUID:
    async with service.dependencies.database.connect() as connection:
        rows = await connection.execute(accounts.select())
    (row,) = rows.all()
    return UUID(str(row.person_id))


def path(registration_id: object) -> str:
    return f"registrations/{registration_id}/activation-emails"


async def test_the_link_is_sent_again_and_the_earlier_one_dies(service: Service) -> None:
    registration_id = await register(service)
    person_id = await only_person(service)
    first = await service.latest_link(person_id)
    answer = await service.post(path(registration_id), RIGHT)
    second = await service.latest_link(person_id)

    assert (answer.status_code, answer.json()) == (202, {})
    assert second.link_id != first.link_id
    assert (await service.post("activations", first.body())).status_code == 410
    assert (await service.post("activations", second.body())).status_code == 200


async def test_a_mistyped_address_is_corrected_and_earlier_links_die(service: Service) -> None:
    registration_id = await register(service, email="aan@example.com")
    person_id = await only_person(service)
    mistyped = await service.latest_link(person_id)
    answer = await service.post(path(registration_id), {**RIGHT, "email": " ana@EXAMPLE.com "})
    corrected, issued = (await service.events(person_id))[-2:]

    assert answer.status_code == 202
    assert (corrected.type, issued.type) == ("email-corrected.v1", "activation-link-issued.v1")
    assert corrected.personal is not None
    opened = await service.dependencies.keyring.open(
        person_id, corrected.event_id, corrected.personal
    )
    assert opened == {"v": 1, "contact": "ana@example.com"}
    assert (await service.post("activations", mistyped.body())).status_code == 410
    link = await service.latest_link(person_id)
    assert (await service.post("activations", link.body())).status_code == 200


async def test_whatever_leads_to_no_mail_is_answered_alike_and_costs_one_hash(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[bool] = []
    verify = PasswordHasher.verify

    async def counted(self: PasswordHasher, password: str, known_hash: str | None) -> object:
        verified.append(True)
        return await verify(self, password, known_hash)

    mine = await register(service)
    person_id = await only_person(service)
    repeat = await register(service)
    active = await register(service, document_number="79123456")
    await service.post("activations", (await _link_of(service, active)).body())
    before = await service.types(person_id)
    monkeypatch.setattr(PasswordHasher, "verify", counted)

    answers = [
        await service.post(path(mine), {"password": "otra frase que no es la suya"}),
        await service.post(path(repeat), RIGHT),
        await service.post(path(active), {**RIGHT, "email": "otra@example.com"}),
        await service.post(path(uuid4()), {**RIGHT, "email": "otra@example.com"}),
    ]

    assert [(each.status_code, each.json()) for each in answers] == [(202, {})] * 4
    assert len(verified) == len(answers)
    assert await service.types(person_id) == before


async def test_one_in_a_minute_and_five_in_a_day_also_for_what_does_not_exist(
    service: Service,
) -> None:
    for registration_id in (await register(service), uuid4()):
        for number in range(5):
            assert (await service.post(path(registration_id), RIGHT)).status_code == 202
            soon = await service.post(path(registration_id), RIGHT)
            assert soon.status_code == 429
            if number < 4:
                assert soon.headers["retry-after"] == "60"
                service.clock.advance(MINUTE)
        service.clock.advance(MINUTE)
        later = await service.post(path(registration_id), RIGHT)
        assert later.status_code == 429
        assert int(later.headers["retry-after"]) == 24 * 3600 - 5 * 60
        service.clock.advance(timedelta(days=1))
        assert (await service.post(path(registration_id), RIGHT)).status_code == 202


async def test_a_guesser_has_the_same_few_tries(service: Service) -> None:
    registration_id = await register(service)
    person_id = await only_person(service)
    guesses = [
        await service.post(path(registration_id), {"password": f"esta es la frase {n}"})
        for n in range(3)
    ]

    assert [each.status_code for each in guesses] == [202, 429, 429]
    assert await service.types(person_id) == [
        "application-started.v1",
        "consent-given.v1",
        "activation-link-issued.v1",
    ]


async def test_an_idempotency_key_sends_one_mail(service: Service) -> None:
    registration_id = await register(service)
    answers = [
        await service.post(path(registration_id), RIGHT, idempotency_key="k-1") for _ in range(2)
    ]

    assert [each.status_code for each in answers] == [202, 202]
    assert await service.rows(activation_links) == 2


async def test_a_request_that_comes_again_after_a_crash_sends_no_other_mail(
    service: Service,
) -> None:
    registration_id = await register(service)
    person_id = await only_person(service)
    body = {**RIGHT, "email": "ana.maria@example.com"}
    first = await service.post(path(registration_id), body, idempotency_key="k-1")
    sent = await service.types(person_id)
    await lose_answers(service.dependencies.database)
    again = await service.post(path(registration_id), body, idempotency_key="k-1")

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert await service.types(person_id) == sent
    link = await service.latest_link(person_id)
    assert (await service.post("activations", link.body())).status_code == 200


async def test_a_malformed_request_is_refused_and_counts_as_no_try(service: Service) -> None:
    registration_id = await register(service)
    person_id = await only_person(service)
    before = await service.types(person_id)
    bad: list[tuple[str, Any]] = [
        (path(registration_id), {**RIGHT, "email": "ana@"}),
        (path(registration_id), {**RIGHT, "email": "ana\u202e@example.com"}),
        (path(registration_id), {**RIGHT, "admin": True}),
        (path(registration_id), {}),
        (path("none"), RIGHT),
    ]
    for where, body in bad:
        assert (await service.post(where, body)).status_code == 422
    assert await service.types(person_id) == before
    assert (await service.post(path(registration_id), RIGHT)).status_code == 202


async def _link_of(service: Service, registration_id: str) -> Any:
    async with service.dependencies.database.connect() as connection:
        rows = (await connection.execute(accounts.select())).all()
    (person_id,) = [row.person_id for row in rows if str(row.registration_id) == registration_id]
    return await service.latest_link(person_id)

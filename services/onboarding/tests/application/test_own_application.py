"""Steps three and five, and what a person sees of the own application."""

from datetime import timedelta

import pytest

from vinculo.eventstore import execute
from vinculo.onboarding.domain.application_decisions import EraseApplicant
from vinculo.onboarding.storage.accounts import delete_account, update_account
from vinculo.onboarding.storage.streams import application_category

from ..http_calls import completed, registry_says
from ..service_fixture import ServiceFixture, employment_body

pytestmark = pytest.mark.servers


async def test_a_new_account_sees_what_is_missing(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    response = await service.get("me/application", **session)

    assert response.json() == {
        "person_id": str(person_id),
        "status": "pending",
        "status_in_words": "Pendiente",
        "project": "default",
        "steps": {
            "personal_data": "done",
            "email": "done",
            "employment": "missing",
            "documents": "missing",
            "completion": "missing",
        },
        "steps_in_words": {
            "personal_data": "Datos personales",
            "email": "Correo electrónico",
            "employment": "Trabajo e ingresos",
            "documents": "Documentos",
            "completion": "Confirmación",
        },
        "missing": ["employment", "documents", "completion"],
        "next": "employment",
        "personal_details": {
            "country": "CO",
            "document_type": "CC",
            "document_number": "1032456789",
            "given_names": "Ana María",
            "surnames": "Gómez Ruiz",
            "birth_date": "1990-05-17",
        },
        "email": "ana@example.com",
        "phone": "+573001234567",
        "phone_verified": False,
        "contact_changes": [],
        "consents": [
            {
                "purpose": "personal_data",
                "purpose_in_words": "tratamiento de datos personales",
                "text_version": "2026-01",
                "given_at": response.json()["consents"][0]["given_at"],
            }
        ],
        "credit": {"may_apply": False},
    }


async def test_employment_is_declared_sealed_and_shown_to_its_owner(
    service: ServiceFixture,
) -> None:
    person_id, session = await service.active()
    payer_id = await service.payer()
    response = await service.put("me/employment", employment_body(payer_id), **session)
    declared = (await service.events(person_id))[-1]
    shown = (await service.get("me/application", **session)).json()

    assert (response.status_code, response.json()) == (200, {})
    assert declared.type == "employment-declared.v1"
    assert declared.data["payer_id"] == str(payer_id)
    assert "250000000" not in str(declared.data)
    assert declared.meta.actor == str(person_id)
    assert shown["steps"]["employment"] == "done"
    assert shown["employment"]["net_monthly_salary_cents"] == 250_000_000
    assert shown["employment"]["payer_contact"]["phone"] == "+576017654321"
    assert shown["employment"]["indicative_capacity_cents"] == 95_000_000
    assert (shown["employment"]["age_days"], shown["employment"]["refresh_due"]) == (0, False)


async def test_earlier_declarations_are_shown_newest_first(
    service: ServiceFixture,
) -> None:
    _, session = await service.active()
    body = employment_body(await service.payer())
    for salary in (200_000_000, 250_000_000):
        await service.put("me/employment", {**body, "net_monthly_salary_cents": salary}, **session)
        service.clock.advance(timedelta(days=1))
    items = (await service.get("me/employment", **session)).json()["items"]

    assert [item["net_monthly_salary_cents"] for item in items] == [250_000_000, 200_000_000]
    assert [item["age_days"] for item in items] == [1, 2]


async def test_employment_has_to_be_declared_again_after_half_a_year(
    service: ServiceFixture,
) -> None:
    _, session = await service.active()
    await service.put("me/employment", employment_body(await service.payer()), **session)
    seen = []
    for days in (179, 1):
        service.clock.advance(timedelta(days=days))
        shown = (await service.get("me/application", **session)).json()["employment"]
        seen.append((shown["age_days"], shown["refresh_due"]))

    assert seen == [(179, False), (180, True)]


async def test_completion_names_what_is_missing(service: ServiceFixture) -> None:
    _, session = await service.active()
    response = await service.post("me/completion", **session)

    assert response.status_code == 409
    assert response.json()["type"] == "urn:vinculo:problem:steps-missing"
    assert response.json()["missing"] == ["employment", "documents"]


async def test_completing_twice_gives_the_same_response_and_one_event(
    service: ServiceFixture,
) -> None:
    person_id, session = await completed(service)
    again = await service.post("me/completion", **session, accept_language="en")

    assert again.status_code == 200
    assert again.json()["message"].startswith("Registration successful.")
    assert (await service.types(person_id)).count("application-completed.v1") == 1


async def test_a_late_event_of_the_registry_does_not_close_an_active_account(
    service: ServiceFixture,
) -> None:
    person_id, session = await service.active()
    await registry_says(service, person_id, status="pending_email_verification")

    shown = await service.get("me/application", **session)
    assert shown.json()["status"] == "pending"


@pytest.mark.parametrize("end", ["blocked", "erased"])
async def test_a_token_outlives_neither_a_block_nor_an_erasure(
    service: ServiceFixture, end: str
) -> None:
    person_id, session = await service.active()
    body = employment_body(await service.payer())
    async with service.dependencies.store.transaction() as connection:
        if end == "blocked":
            await update_account(connection, person_id, status="blocked")
        else:
            await delete_account(connection, person_id)

    responses = [
        await service.get("me/application", **session),
        await service.get("me/employment", **session),
        await service.put("me/employment", body, **session),
        await service.post("me/completion", **session),
    ]
    assert [response.status_code for response in responses] == [401] * 4
    assert "employment-declared.v1" not in await service.types(person_id)


async def test_nothing_is_declared_once_the_key_is_destroyed(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    body = employment_body(await service.payer())
    await service.put("me/employment", body, **session)
    await service.dependencies.keyring.destroy_key(person_id)

    shown = (await service.get("me/application", **session)).json()["employment"]
    assert not {"net_monthly_salary_cents", "indicative_capacity_cents"} & set(shown)
    assert (await service.put("me/employment", body, **session)).status_code == 401


async def test_a_person_whose_stream_ended_is_signed_out(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    await execute(
        service.dependencies.store,
        application_category(),
        person_id,
        EraseApplicant(now=service.clock()),
    )

    assert (await service.get("me/application", **session)).status_code == 401

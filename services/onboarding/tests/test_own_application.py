"""Steps three and five over HTTP, and what a person sees of the own application."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from vinculo.eventstore import execute
from vinculo.onboarding.domain.application_decisions import EraseApplicant, RecordDocumentsProvided
from vinculo.onboarding.storage.accounts import delete_account, update_account
from vinculo.onboarding.storage.streams import application_category

from .service_under_test import CREDIT_URL, Service, employment_body

pytestmark = pytest.mark.servers

SECOND_SENTENCE = (
    "Registro exitoso. Su cuenta ha sido creada y puede iniciar sesión; le avisaremos cuando "
    "pueda solicitar su crédito."
)
FIRST_SENTENCE = (
    "Registro exitoso. Su cuenta ha sido creada y puede iniciar sesión para solicitar su crédito."
)


async def documents_provided(service: Service, person_id: UUID) -> None:
    command = RecordDocumentsProvided(provided_at=service.clock())
    await execute(service.dependencies.store, application_category(), person_id, command)


async def registry_says(service: Service, person_id: UUID, **columns: Any) -> None:
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, **columns)


async def completed(service: Service) -> tuple[UUID, dict[str, str]]:
    person_id, session = await service.active()
    body = employment_body(await service.payer())
    assert (await service.put("me/employment", body, **session)).status_code == 200
    await documents_provided(service, person_id)
    answer = await service.post("me/completion", **session)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"message": SECOND_SENTENCE}
    return person_id, session


async def test_a_new_account_sees_what_is_missing(service: Service) -> None:
    person_id, session = await service.active()
    answer = await service.get("me/application", **session)

    assert answer.json() == {
        "person_id": str(person_id),
        "status": "pending",
        "project": "default",
        "steps": {
            "personal_data": "done",
            "email": "done",
            "employment": "missing",
            "documents": "missing",
            "completion": "missing",
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
                "text_version": "2026-01",
                "given_at": answer.json()["consents"][0]["given_at"],
            }
        ],
        "credit": {"may_apply": False},
    }


async def test_employment_is_declared_sealed_and_shown_to_its_owner(service: Service) -> None:
    person_id, session = await service.active()
    payer_id = await service.payer()
    answer = await service.put("me/employment", employment_body(payer_id), **session)
    declared = (await service.events(person_id))[-1]
    shown = (await service.get("me/application", **session)).json()

    assert (answer.status_code, answer.json()) == (200, {})
    assert declared.type == "employment-declared.v1"
    assert declared.data["payer_id"] == str(payer_id)
    assert "250000000" not in str(declared.data)
    assert declared.meta.actor == str(person_id)
    assert shown["steps"]["employment"] == "done"
    assert shown["employment"]["net_monthly_salary_cents"] == 250_000_000
    assert shown["employment"]["payer_contact"]["phone"] == "+576017654321"
    assert shown["employment"]["indicative_capacity_cents"] == 95_000_000
    assert (shown["employment"]["age_days"], shown["employment"]["refresh_due"]) == (0, False)


async def test_what_was_declared_before_is_kept_and_shown_newest_first(service: Service) -> None:
    _, session = await service.active()
    body = employment_body(await service.payer())
    for salary in (200_000_000, 250_000_000):
        await service.put("me/employment", {**body, "net_monthly_salary_cents": salary}, **session)
        service.clock.advance(timedelta(days=1))
    items = (await service.get("me/employment", **session)).json()["items"]

    assert [item["net_monthly_salary_cents"] for item in items] == [250_000_000, 200_000_000]
    assert [item["age_days"] for item in items] == [1, 2]


async def test_employment_has_to_be_declared_again_after_half_a_year(service: Service) -> None:
    _, session = await service.active()
    await service.put("me/employment", employment_body(await service.payer()), **session)
    seen = []
    for days in (179, 1):
        service.clock.advance(timedelta(days=days))
        shown = (await service.get("me/application", **session)).json()["employment"]
        seen.append((shown["age_days"], shown["refresh_due"]))

    assert seen == [(179, False), (180, True)]


MALFORMED: list[tuple[dict[str, Any], str, str]] = [
    ({"payer_id": str(uuid4())}, "payer_id", "payer_unknown"),
    ({"position": "  "}, "position", "text_empty"),
    ({"contract_type": "forever"}, "contract_type", "not_allowed"),
    ({"currency": "pesos"}, "currency", "wrong_format"),
    ({"net_monthly_salary_cents": 0}, "net_monthly_salary_cents", "out_of_range"),
    ({"net_monthly_salary_cents": 12.5}, "net_monthly_salary_cents", "not_whole_number"),
    ({"net_monthly_salary_cents": "1"}, "net_monthly_salary_cents", "not_whole_number"),
    (
        {"deductions": [{"concept": "x", "amount_cents": -1}]},
        "deductions.0.amount_cents",
        "out_of_range",
    ),
    ({"payer_contact": {"name": "A", "phone": "1"}}, "payer_contact.phone", "phone_malformed"),
    ({"payer_contact": {"name": "A", "email": "a"}}, "payer_contact.email", "email_malformed"),
]


async def test_malformed_employment_is_refused_by_field(service: Service) -> None:
    person_id, session = await service.active()
    body = employment_body(await service.payer())
    for change, field, code in MALFORMED:
        answer = await service.put("me/employment", {**body, **change}, **session)
        faults = [(error["field"], error["code"]) for error in answer.json()["errors"]]

        assert (answer.status_code, faults) == (422, [(field, code)])
    assert "employment-declared.v1" not in await service.types(person_id)


async def test_completion_names_what_is_missing(service: Service) -> None:
    _, session = await service.active()
    answer = await service.post("me/completion", **session)

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:vinculo:problem:steps-missing"
    assert answer.json()["missing"] == ["employment", "documents"]


async def test_completing_twice_is_answered_alike_and_recorded_once(service: Service) -> None:
    person_id, session = await completed(service)
    again = await service.post("me/completion", **session, accept_language="en")

    assert again.status_code == 200
    assert again.json()["message"].startswith("Registration successful.")
    assert (await service.types(person_id)).count("application-completed.v1") == 1


async def test_the_first_sentence_is_shown_once_promotion_has_arrived(service: Service) -> None:
    person_id, session = await completed(service)
    before = (await service.get("me/application", **session)).json()
    customer_id = uuid4()
    await registry_says(
        service, person_id, status="enabled", kind="customer", customer_id=customer_id
    )
    after = (await service.get("me/application", **session)).json()

    assert before["message"] == SECOND_SENTENCE
    assert before["missing"] == []
    assert before["credit"] == {"may_apply": False}
    assert after["message"] == FIRST_SENTENCE
    assert after["credit"] == {"may_apply": True, "apply_url": CREDIT_URL}
    assert (after["status"], after["customer_id"]) == ("enabled", str(customer_id))


async def test_a_disabled_customer_is_not_told_to_apply_for_credit(service: Service) -> None:
    person_id, session = await completed(service)
    await registry_says(service, person_id, status="disabled", kind="customer")
    shown = (await service.get("me/application", **session)).json()

    assert (shown["status"], "message" in shown) == ("disabled", False)
    assert shown["credit"] == {"may_apply": False}


async def test_a_late_word_of_the_registry_does_not_close_an_active_account(
    service: Service,
) -> None:
    person_id, session = await service.active()
    await registry_says(service, person_id, status="pending_email_verification")

    shown = await service.get("me/application", **session)
    assert shown.json()["status"] == "pending"


@pytest.mark.parametrize("end", ["blocked", "erased"])
async def test_a_token_outlives_neither_a_block_nor_an_erasure(service: Service, end: str) -> None:
    person_id, session = await service.active()
    body = employment_body(await service.payer())
    async with service.dependencies.store.transaction() as connection:
        if end == "blocked":
            await update_account(connection, person_id, status="blocked")
        else:
            await delete_account(connection, person_id)

    answers = [
        await service.get("me/application", **session),
        await service.get("me/employment", **session),
        await service.put("me/employment", body, **session),
        await service.post("me/completion", **session),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert "employment-declared.v1" not in await service.types(person_id)


async def test_nothing_is_declared_once_the_key_is_destroyed(service: Service) -> None:
    person_id, session = await service.active()
    body = employment_body(await service.payer())
    await service.put("me/employment", body, **session)
    await service.dependencies.keyring.destroy_key(person_id)

    shown = (await service.get("me/application", **session)).json()["employment"]
    assert not {"net_monthly_salary_cents", "indicative_capacity_cents"} & set(shown)
    assert (await service.put("me/employment", body, **session)).status_code == 401


async def test_a_person_whose_stream_ended_is_signed_out(service: Service) -> None:
    person_id, session = await service.active()
    await execute(
        service.dependencies.store,
        application_category(),
        person_id,
        EraseApplicant(now=service.clock()),
    )

    assert (await service.get("me/application", **session)).status_code == 401

"""The own application over HTTP: malformed employment, live validation, messages."""

from typing import Any
from uuid import uuid4

import pytest

from vinculo.access import Role

from ..http_calls import COMPLETED_MESSAGE, completed, registry_says
from ..service_fixture import CREDIT_URL, ServiceFixture, employment_body

pytestmark = pytest.mark.servers


MAY_APPLY_MESSAGE = (
    "Registro exitoso. Su cuenta ha sido creada y puede iniciar sesión para solicitar su crédito."
)

MALFORMED_EMPLOYMENTS: list[tuple[dict[str, Any], str, str]] = [
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


async def validation_errors(
    service: ServiceFixture, session: dict[str, str], body: Any, **headers: str
) -> list[dict[str, str]]:
    response = await service.post("me/employment/validation", body, **session, **headers)
    assert response.status_code == 200, response.text
    errors: list[dict[str, str]] = response.json()["errors"]
    return errors


def staff(service: ServiceFixture) -> dict[str, str]:
    return service.staff_header(Role.OPERATOR)


async def test_malformed_employment_is_refused_by_field(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    body = employment_body(await service.payer())
    for change, field, code in MALFORMED_EMPLOYMENTS:
        response = await service.put("me/employment", {**body, **change}, **session)
        faults = [(error["field"], error["code"]) for error in response.json()["errors"]]

        assert (response.status_code, faults) == (422, [(field, code)])
    assert "employment-declared.v1" not in await service.types(person_id)


async def test_the_invitation_to_apply_is_shown_after_the_promotion(
    service: ServiceFixture,
) -> None:
    person_id, session = await completed(service)
    before = (await service.get("me/application", **session)).json()
    customer_id = uuid4()
    await registry_says(
        service, person_id, status="enabled", kind="customer", customer_id=customer_id
    )
    after = (await service.get("me/application", **session)).json()

    assert before["message"] == COMPLETED_MESSAGE
    assert before["missing"] == []
    assert before["credit"] == {"may_apply": False}
    assert after["message"] == MAY_APPLY_MESSAGE
    assert after["credit"] == {"may_apply": True, "apply_url": CREDIT_URL}
    assert (after["status"], after["customer_id"]) == ("enabled", str(customer_id))


async def test_a_disabled_customer_sees_no_invitation_to_apply_for_credit(
    service: ServiceFixture,
) -> None:
    person_id, session = await completed(service)
    await registry_says(service, person_id, status="disabled", kind="customer")
    shown = (await service.get("me/application", **session)).json()

    assert (shown["status"], "message" in shown) == ("disabled", False)
    assert shown["credit"] == {"may_apply": False}


async def test_errors_are_in_the_callers_language_and_nothing_is_stored(
    service: ServiceFixture,
) -> None:
    person_id, session = await service.active()
    payer_id = await service.payer()
    before = await service.types(person_id)
    good = employment_body(payer_id)
    body = {"position": " ", "net_monthly_salary_cents": 0, "payer": {"name": "Trapiche"}}
    in_spanish = await validation_errors(service, session, body, accept_language="es")
    in_english = await validation_errors(service, session, body, accept_language="en")

    assert await validation_errors(service, session, good) == []
    assert {each["field"]: each["message"] for each in in_spanish} == {
        "position": "Escriba algo aquí",
        "net_monthly_salary_cents": "Está fuera del rango permitido",
    }
    assert {each["field"]: each["message"] for each in in_english} == {
        "position": "Write something here",
        "net_monthly_salary_cents": "Is out of range",
    }
    assert await service.types(person_id) == before
    found = (await service.get("payers?q=trapiche&status=proposed", **staff(service))).json()
    assert found == {"items": []}


async def test_payers_are_looked_up(service: ServiceFixture) -> None:
    _, session = await service.active()
    payer_id = await service.payer()
    path = f"payers/{payer_id}/suspensions"
    suspended = await service.post(path, {"reason_code": "other"}, if_match='"1"', **staff(service))
    assert suspended.status_code == 201, suspended.text
    codes = [
        [each["code"] for each in await validation_errors(service, session, body)]
        for body in (
            {"payer_id": str(uuid4())},
            {"payer_id": str(payer_id)},
            {"payer": {"name": "Otra", "tax_id": "891800846-1"}},
            {"payer": {"name": "Otra"}},
        )
    ]

    assert codes == [["payer_unknown"], ["payer_suspended"], ["payer_suspended"], []]

"""The live check says of a field of step three what declaring would say of it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from vinculo.access import Role
from vinculo.onboarding.forms.employment import (
    EmploymentBody,
    EmploymentDraft,
    EmploymentDraftBody,
    EmploymentRules,
    employment_draft_errors,
    read_employment_draft,
    validate_employment,
)
from vinculo.onboarding.forms.validation import InvalidForm

from .service_under_test import Service, employment_body

RULES = EmploymentRules()
PAYER_ID = UUID(int=5)
MARKED = "Caja\u202e"
TRIED: dict[str, list[Any]] = {
    "payer_id": [str(PAYER_ID), None, "none"],
    "payer": [{"name": "Trapiche"}, {"name": "  "}, {"name": "T", "tax_id": "1"}, None, "T"],
    "position": ["Docente", "  ", MARKED, "x" * 200, 7],
    "contract_type": ["indefinite", "forever"],
    "currency": ["COP", "USD", "pesos"],
    "net_monthly_salary_cents": [1, 0, "1", 12.5, 10**400],
    "deductions": [
        [],
        [{"concept": "Libranza", "amount_cents": 5}, {"concept": MARKED, "amount_cents": 5}],
        [{"concept": "Libranza", "amount_cents": -1}],
        ["Libranza"],
        "none",
    ],
    "payer_contact": [
        {"name": "Talento humano", "phone": "601 765 4321"},
        {"name": "", "phone": "1", "email": "a@"},
        {"name": "A", "fax": "1"},
        [],
    ],
    "admin": [True],
}


def live_check(body: dict[str, Any]) -> set[tuple[str, str]]:
    draft, misshapen = read_employment_draft(body)
    found = {(str(error["loc"][0]), "misshapen") for error in misshapen}
    faults = employment_draft_errors(draft, RULES, project="default", country="CO")
    return found | {(each.field, each.code) for each in faults}


def declaring(body: dict[str, Any]) -> set[tuple[str, str]]:
    try:
        form = EmploymentBody.model_validate(body)
        validate_employment(form, RULES, project="default", country="CO")
    except ValidationError as invalid:
        return {(str(error["loc"][0]), "misshapen") for error in invalid.errors()}
    except InvalidForm as invalid:
        return {(fault.field, fault.code) for fault in invalid.errors}
    return set()


@settings(deadline=None, max_examples=150)
@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in TRIED.items()}))
def test_a_whole_form_is_judged_as_declaring_judges_it(changes: dict[str, Any]) -> None:
    """Declaring looks at the fields' rules only once every field has its shape."""
    body = {**employment_body(PAYER_ID), **changes}
    refused = declaring(body)

    if any(code == "misshapen" for _, code in refused):
        assert {each for each in live_check(body) if each[1] == "misshapen"} == refused
    else:
        assert live_check(body) == refused


@settings(deadline=None, max_examples=150)
@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in TRIED.items()}))
def test_of_a_part_of_the_form_nothing_is_said_that_is_not_there(body: dict[str, Any]) -> None:
    for field, _ in live_check(body):
        assert field.partition(".")[0] in body


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, set()),
        ({"payer": {"tax_id": "1"}}, {("payer.tax_id", "tax_id_malformed")}),
        ({"payer_contact": {"phone": "1"}}, {("payer_contact.phone", "phone_malformed")}),
        ({"payer_contact": {}}, set()),
        ({"deductions": [{"amount_cents": 5}, {"concept": "Libranza"}]}, set()),
        (
            {"payer_id": str(PAYER_ID), "payer": {"name": "Trapiche"}},
            {("payer", "payer_ambiguous")},
        ),
        ({"payer_id": None}, {("payer_id", "payer_missing")}),
    ],
)
def test_each_field_is_looked_at_as_far_as_the_others_allow(
    body: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    assert live_check(body) == faults


def test_a_draft_has_the_fields_of_employment_and_requires_none() -> None:
    draft, body = EmploymentDraft.model_fields, EmploymentBody.model_fields

    assert {name: field.annotation for name, field in draft.items()} == {
        name: field.annotation for name, field in body.items()
    }
    assert not any(field.is_required() for field in draft.values())


def test_the_bodys_description_names_the_fields() -> None:
    schema = TypeAdapter(EmploymentDraftBody).json_schema()

    assert set(schema["properties"]) == set(EmploymentDraft.model_fields)


async def checked(
    service: Service, session: dict[str, str], body: Any, **headers: str
) -> list[dict[str, str]]:
    answer = await service.post("me/employment/validation", body, **session, **headers)
    assert answer.status_code == 200, answer.text
    errors: list[dict[str, str]] = answer.json()["errors"]
    return errors


@pytest.mark.servers
async def test_what_is_wrong_is_said_in_the_callers_language_and_nothing_is_stored(
    service: Service,
) -> None:
    person_id, session = await service.active()
    payer_id = await service.payer()
    before = await service.types(person_id)
    good = employment_body(payer_id)
    body = {"position": " ", "net_monthly_salary_cents": 0, "payer": {"name": "Trapiche"}}
    in_spanish = await checked(service, session, body, accept_language="es")
    in_english = await checked(service, session, body, accept_language="en")

    assert await checked(service, session, good) == []
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


@pytest.mark.servers
async def test_payers_are_looked_up(service: Service) -> None:
    _, session = await service.active()
    payer_id = await service.payer()
    path = f"payers/{payer_id}/suspensions"
    suspended = await service.post(path, {"reason_code": "other"}, if_match='"1"', **staff(service))
    assert suspended.status_code == 201, suspended.text
    codes = [
        [each["code"] for each in await checked(service, session, body)]
        for body in (
            {"payer_id": str(uuid4())},
            {"payer_id": str(payer_id)},
            {"payer": {"name": "Otra", "tax_id": "891800846-1"}},
            {"payer": {"name": "Otra"}},
        )
    ]

    assert codes == [["payer_unknown"], ["payer_suspended"], ["payer_suspended"], []]


def staff(service: Service) -> dict[str, str]:
    return service.staff_header(Role.OPERATOR)

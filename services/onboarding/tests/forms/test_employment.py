"""The employment form, and its draft, which has the same errors."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from vinculo.onboarding.forms.employment import (
    VALID_TEXT,
    Employment,
    EmploymentBody,
    EmploymentDraft,
    EmploymentDraftBody,
    EmploymentRules,
    TypedPayer,
    employment_draft_errors,
    read_employment_draft,
    validate_employment,
)
from vinculo.onboarding.forms.validation import InvalidForm
from vinculo.values.currencies import SalaryLimits

from ..service_fixture import employment_body

PAYER = UUID(int=5)

RULES = EmploymentRules()

PAYER_ID = UUID(int=5)

MARKED = "Caja\u202e"

TRIED: dict[str, list[Any]] = {
    "payer_id": [str(PAYER_ID), None, "none"],
    "payer": [{"name": "Trapiche"}, {"name": "  "}, {"name": "T", "tax_id": "1"}, None, "T"],
    "position": ["Docente", "  ", MARKED, "x" * 200, 7],
    "contract_type": ["indefinite", "forever"],
    "currency": ["COP", "USD", "pesos"],
    "net_monthly_salary_cents": [250_000_000, 310, 0, "1", 12.5, 10**400],
    "deductions": [
        [],
        [{"concept": "Libranza", "amount_cents": 5}, {"concept": MARKED, "amount_cents": 5}],
        [{"concept": "Libranza", "amount_cents": -1}],
        [{"concept": "Libranza", "amount_cents": 99_999_999_999}],
        ["Libranza"],
        "none",
    ],
    "payer_contact": [
        {"name": "Talento humano", "phone": "601 765 4321"},
        {"name": "", "phone": "1", "email": "a@"},
        {"name": "Talento humano"},
        {"name": "A", "fax": "1"},
        [],
    ],
    "admin": [True],
}


def validated(
    rules: EmploymentRules | None = None, project: str = "default", **changes: Any
) -> Employment:
    body = EmploymentBody.model_validate(employment_body(PAYER) | changes)
    return validate_employment(body, rules or EmploymentRules(), project=project, country="CO")


def errors_of(**changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidForm) as refused:
        validated(**changes)
    return [(fault.field, fault.code) for fault in refused.value.errors]


def live_errors(body: dict[str, Any]) -> set[tuple[str, str]]:
    draft, misshapen = read_employment_draft(body)
    found = {(str(error["loc"][0]), "misshapen") for error in misshapen}
    faults = employment_draft_errors(draft, RULES, project="default", country="CO")
    return found | {(each.field, each.code) for each in faults}


def declaration_errors(body: dict[str, Any]) -> set[tuple[str, str]]:
    try:
        form = EmploymentBody.model_validate(body)
        validate_employment(form, RULES, project="default", country="CO")
    except ValidationError as invalid:
        return {(str(error["loc"][0]), "misshapen") for error in invalid.errors()}
    except InvalidForm as invalid:
        return {(fault.field, fault.code) for fault in invalid.errors}
    return set()


def test_a_payer_of_the_catalogue_is_chosen_by_its_id() -> None:
    assert validated().payer == PAYER


def test_a_typed_payer_is_normalized() -> None:
    typed = {"name": "  Hospital   San Rafael ", "tax_id": "891.800.846-1"}

    assert validated(payer_id=None, payer=typed).payer == TypedPayer(
        name="Hospital San Rafael", tax_id="891800846-1"
    )


def test_a_payer_is_chosen_or_typed_in_and_not_both() -> None:
    assert errors_of(payer_id=None) == [("payer_id", "payer_missing")]
    assert errors_of(payer={"name": "Hospital"}) == [("payer", "payer_ambiguous")]


def test_a_typed_payer_is_checked_field_by_field() -> None:
    typed = {"name": " ", "tax_id": "891800846-2"}

    assert errors_of(payer_id=None, payer=typed) == [
        ("payer.name", "text_empty"),
        ("payer.tax_id", "check_digit_wrong"),
    ]


def test_a_salary_is_in_a_currency_of_the_country() -> None:
    assert validated(currency="COP").currency == "COP"
    assert errors_of(currency="XXQ") == [("currency", "currency_unknown")]
    assert errors_of(currency="USD") == [("currency", "currency_not_allowed")]


def test_the_currencies_of_a_country_are_configured() -> None:
    rules = EmploymentRules(currencies={"CO": frozenset({"COP", "USD"})})

    assert validated(rules, currency="USD").currency == "USD"


def test_a_country_without_configured_currencies_accepts_any() -> None:
    assert validated(EmploymentRules(currencies={}), currency="MXN").currency == "MXN"


def test_the_capacity_is_half_of_the_salary_minus_existing_deductions() -> None:
    assert validated().details.indicative_capacity_cents == 95_000_000


@pytest.mark.parametrize(
    ("project", "percents", "capacity"),
    [
        ("default", {"CO": 40}, 70_000_000),
        ("express", {"CO": 40, "express": 30}, 45_000_000),
        ("default", {}, None),
    ],
)
def test_the_deductible_part_is_the_projects_or_the_countrys(
    project: str, percents: dict[str, int], capacity: int | None
) -> None:
    rules = EmploymentRules(deductible_percent=percents)

    assert validated(rules, project).details.indicative_capacity_cents == capacity


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        (
            {
                "net_monthly_salary_cents": 310,
                "deductions": [{"concept": "Libranza", "amount_cents": 99_999_999_999}],
            },
            [
                ("net_monthly_salary_cents", "salary_implausible"),
                ("deductions.0.amount_cents", "deduction_exceeds_salary"),
            ],
        ),
        (
            {"net_monthly_salary_cents": 9_999_999, "deductions": []},
            [("net_monthly_salary_cents", "salary_implausible")],
        ),
        (
            {"net_monthly_salary_cents": 20_000_000_001},
            [("net_monthly_salary_cents", "salary_implausible")],
        ),
        (
            {"deductions": [{"concept": "Libranza", "amount_cents": 130_000_000}] * 2},
            [("deductions", "deductions_exceed_salary")],
        ),
        ({"payer_contact": {"name": "x"}}, [("payer_contact.phone", "payer_contact_missing")]),
        (
            {"payer_contact": {"name": VALID_TEXT}},
            [("payer_contact.phone", "payer_contact_missing")],
        ),
    ],
)
def test_an_implausible_amount_or_an_unreachable_contact_is_refused(
    changes: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    assert errors_of(**changes) == errors


def test_plausible_salaries_are_configured_by_currency() -> None:
    rules = EmploymentRules(currencies={}, salary_limits={"MXN": SalaryLimits(1, 2)})

    assert validated(rules, net_monthly_salary_cents=310, deductions=[])
    assert validated(rules, currency="MXN", net_monthly_salary_cents=200, deductions=[])
    with pytest.raises(InvalidForm, match="salary_implausible"):
        validated(rules, currency="MXN", net_monthly_salary_cents=201, deductions=[])


def test_a_payers_contact_is_written_as_offices_write_it() -> None:
    contact = {"name": "Nómina", "phone": "0057 301 555 0142"}

    assert validated(payer_contact=contact).details.payer_contact.phone == "+573015550142"


@settings(max_examples=150)
@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in TRIED.items()}))
def test_a_whole_draft_has_the_errors_of_the_declaration(changes: dict[str, Any]) -> None:
    """A declaration applies the rules only once every field is well-formed."""
    body = {**employment_body(PAYER_ID), **changes}
    refused = declaration_errors(body)

    if any(code == "misshapen" for _, code in refused):
        assert {each for each in live_errors(body) if each[1] == "misshapen"} == refused
    else:
        assert live_errors(body) == refused


@settings(max_examples=150)
@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in TRIED.items()}))
def test_a_partial_draft_has_errors_of_its_given_fields_only(body: dict[str, Any]) -> None:
    for field, _ in live_errors(body):
        assert field.partition(".")[0] in body


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, set()),
        ({"payer": {"tax_id": "1"}}, {("payer.tax_id", "tax_id_malformed")}),
        ({"payer_contact": {"phone": "1"}}, {("payer_contact.phone", "phone_malformed")}),
        ({"payer_contact": {}}, set()),
        ({"payer_contact": {"name": "A"}}, {("payer_contact.phone", "payer_contact_missing")}),
        (
            {"payer": {"name": "T", "tax_id": "900123462"}},
            {("payer.tax_id", "check_digit_missing")},
        ),
        ({"deductions": [{"amount_cents": 5}, {"concept": "Libranza"}]}, set()),
        (
            {"payer_id": str(PAYER_ID), "payer": {"name": "Trapiche"}},
            {("payer", "payer_ambiguous")},
        ),
        ({"payer_id": None}, {("payer_id", "payer_missing")}),
    ],
)
def test_each_field_is_validated_as_far_as_the_others_allow(
    body: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    assert live_errors(body) == faults


def test_a_draft_has_the_fields_of_employment_and_requires_none() -> None:
    draft, body = EmploymentDraft.model_fields, EmploymentBody.model_fields

    assert {name: field.annotation for name, field in draft.items()} == {
        name: field.annotation for name, field in body.items()
    }
    assert not any(field.is_required() for field in draft.values())


def test_the_bodys_description_names_the_fields() -> None:
    schema = TypeAdapter(EmploymentDraftBody).json_schema()

    assert set(schema["properties"]) == set(EmploymentDraft.model_fields)

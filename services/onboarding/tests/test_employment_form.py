"""Step three as it is sent: the payer, the currency, and what could still be deducted."""

from typing import Any
from uuid import UUID

import pytest

from vinculo.onboarding.domain.employment import indicative_capacity_cents
from vinculo.onboarding.forms.employment import (
    Employment,
    EmploymentBody,
    EmploymentRules,
    TypedPayer,
    validate_employment,
)
from vinculo.onboarding.forms.validation import InvalidForm

from .service_under_test import employment_body

PAYER = UUID(int=5)


def checked(
    rules: EmploymentRules | None = None, project: str = "default", **changes: Any
) -> Employment:
    body = EmploymentBody.model_validate(employment_body(PAYER) | changes)
    return validate_employment(body, rules or EmploymentRules(), project=project, country="CO")


def faults(**changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidForm) as refused:
        checked(**changes)
    return [(fault.field, fault.code) for fault in refused.value.errors]


def test_a_payer_of_the_catalogue_is_taken_by_its_id() -> None:
    assert checked().payer == PAYER


def test_a_payer_that_was_typed_in_is_made_regular() -> None:
    typed = {"name": "  Hospital   San Rafael ", "tax_id": "891.800.846-1"}

    assert checked(payer_id=None, payer=typed).payer == TypedPayer(
        name="Hospital San Rafael", tax_id="891800846-1"
    )


def test_a_payer_is_chosen_or_typed_in_and_not_both() -> None:
    assert faults(payer_id=None) == [("payer_id", "payer_missing")]
    assert faults(payer={"name": "Hospital"}) == [("payer", "payer_ambiguous")]


def test_a_typed_payer_is_checked_field_by_field() -> None:
    typed = {"name": " ", "tax_id": "891800846-2"}

    assert faults(payer_id=None, payer=typed) == [
        ("payer.name", "text_empty"),
        ("payer.tax_id", "check_digit_wrong"),
    ]


def test_a_salary_is_in_a_currency_of_the_country() -> None:
    assert checked(currency="COP").currency == "COP"
    assert faults(currency="XXQ") == [("currency", "currency_unknown")]
    assert faults(currency="USD") == [("currency", "currency_not_allowed")]


def test_the_currencies_of_a_country_are_configured() -> None:
    rules = EmploymentRules(currencies={"CO": frozenset({"COP", "USD"})})

    assert checked(rules, currency="USD").currency == "USD"


def test_a_country_without_currencies_of_its_own_takes_any() -> None:
    assert checked(EmploymentRules(currencies={}), currency="MXN").currency == "MXN"


def test_the_capacity_is_half_of_the_salary_without_what_is_deducted_already() -> None:
    assert checked().details.indicative_capacity_cents == 95_000_000


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

    assert checked(rules, project).details.indicative_capacity_cents == capacity


@pytest.mark.parametrize(
    ("salary", "deductions", "percent", "capacity"),
    [
        (100, [], 50, 50),
        (101, [], 50, 50),
        (100, [20, 30], 50, 0),
        (100, [60], 50, 0),
        (10**15, [], 100, 10**15),
        (100, [], 0, 0),
    ],
)
def test_a_capacity_is_rounded_down_and_never_negative(
    salary: int, deductions: list[int], percent: int, capacity: int
) -> None:
    assert indicative_capacity_cents(salary, deductions, percent) == capacity

import pytest

from vinculo.values.currencies import (
    ISO_4217,
    SALARY_CURRENCIES,
    SalaryLimits,
    plausible_salary,
    salary_currency,
    salary_limits,
)
from vinculo.values.invalid_value import InvalidValue


def test_an_allowed_currency_is_accepted() -> None:
    assert salary_currency("COP", {"COP"}) == "COP"


@pytest.mark.parametrize(
    ("raw", "code"), [("USD", "currency_not_allowed"), ("XXX", "currency_unknown"), ("", "unknown")]
)
def test_another_currency_is_refused(raw: str, code: str) -> None:
    with pytest.raises(InvalidValue, match=code):
        salary_currency(raw, {"COP"})


def test_the_currencies_of_countries_exist() -> None:
    assert frozenset().union(*SALARY_CURRENCIES.values()) <= ISO_4217


def test_a_plausible_salary_is_within_the_limits_of_its_currency() -> None:
    limits = SalaryLimits(100_000, 200_000_000)

    assert plausible_salary(10_000_000, limits) == 10_000_000
    assert plausible_salary(20_000_000_000, limits) == 20_000_000_000
    assert plausible_salary(310, None) == 310
    for cents in (310, 9_999_999, 20_000_000_001):
        with pytest.raises(InvalidValue, match="salary_implausible"):
            plausible_salary(cents, limits)


def test_salary_limits_are_read_by_currency() -> None:
    assert salary_limits("COP:100000-200000000, USD:1-2") == {
        "COP": SalaryLimits(100_000, 200_000_000),
        "USD": SalaryLimits(1, 2),
    }
    assert salary_limits("") == {}
    for text in ("COP", "COP:1", "pesos:1-2", "COP:2-1", "COP:1-2,COP:1-2"):
        with pytest.raises(ValueError, match=r"COP|pesos|2-1"):
            salary_limits(text)

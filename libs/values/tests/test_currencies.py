import pytest

from vinculo.values.currencies import ISO_4217, SALARY_CURRENCIES, salary_currency
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

import pytest

from vinculo.values.invalid_value import InvalidValue
from vinculo.values.tax_ids import tax_id


@pytest.mark.parametrize(
    "raw", ["891.800.846-1\u200b", "891.800.846-1", "891.800.846 \u2013 1", " 891800846-1 "]
)
def test_a_tax_id_has_one_normal_form(raw: str) -> None:
    assert tax_id(raw) == "891800846-1"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("891800846-2", "check_digit_wrong"),
        ("x", "tax_id_malformed"),
        ("900123462", "check_digit_missing"),
        ("8918008461", "check_digit_missing"),
    ],
)
def test_an_invalid_tax_id_is_refused(raw: str, code: str) -> None:
    with pytest.raises(InvalidValue, match=code):
        tax_id(raw)

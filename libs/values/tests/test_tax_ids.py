"""Tax ids have one form."""

from collections.abc import Callable

import pytest

from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.onboarding.messages import MESSAGES
from vinculo.values.invalid_value import InvalidValue
from vinculo.values.tax_ids import tax_id


def refusal(check: Callable[[], object]) -> str:
    with pytest.raises(InvalidValue) as refused:
        check()
    assert MESSAGES.find(FIELD_ERROR, refused.value.code, "es")
    return refused.value.code


def test_tax_ids_have_one_form() -> None:
    assert tax_id("891.800.846-1") == "891800846-1"
    assert tax_id("8918008461") == "891800846-1"
    assert refusal(lambda: tax_id("891800846-2")) == "check_digit_wrong"
    assert refusal(lambda: tax_id("x")) == "tax_id_malformed"

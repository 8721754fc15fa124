"""The code that a rule refuses a value with."""

from collections.abc import Callable

import pytest

from vinculo.values.invalid_value import InvalidValue


def invalid_code(rule: Callable[[], object]) -> str:
    with pytest.raises(InvalidValue) as error:
        rule()
    return error.value.code

"""Check digits of identity numbers, by the algorithms of python-stdnum."""

from collections.abc import Callable
from typing import Final

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.util import get_cc_module

from vinculo.values.invalid_value import InvalidValue

Validate = Callable[[str], str]
"""Returns the number without separators, check digit last, or raises stdnum's ValidationError."""

CO_NIT: Final = "co.nit"


class UnknownAlgorithmError(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is not an algorithm of python-stdnum, such as {CO_NIT!r}")


def find_algorithm(name: str) -> Validate:
    """The algorithm with a name such as `co.nit`.

    Raises:
        UnknownAlgorithmError: python-stdnum does not have it.

    """
    country, _, number = name.partition(".")
    if not (country.isidentifier() and number.isidentifier()):
        raise UnknownAlgorithmError(name)
    module = get_cc_module(country, number)
    if module is None or not hasattr(module, "validate"):
        raise UnknownAlgorithmError(name)
    return module.validate


def compact_number(
    raw: str, validate: Validate, malformed: str = "document_number_malformed"
) -> str:
    """The number without separators, with its check digit.

    Raises:
        InvalidValue: `check_digit_wrong`, or the code `malformed`.

    """
    try:
        return validate(raw)
    except InvalidChecksum:
        raise InvalidValue("check_digit_wrong") from None
    except ValidationError:
        raise InvalidValue(malformed) from None

"""Check digits of identity numbers, by the algorithms of python-stdnum."""

import re
from collections.abc import Callable
from typing import Final

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.util import get_cc_module

from vinculo.values.invalid_value import InvalidValue

Validate = Callable[[str], str]
"""Returns the number without separators, check digit last, or raises stdnum's ValidationError."""

CO_NIT: Final = "co.nit"
_DIGITS_OR_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WITH_CHECK_DIGIT: Final = re.compile(r"[0-9A-Z]+-[0-9A-Z]")


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


def hyphenated_number(
    number: str, validate: Validate, malformed: str = "document_number_malformed"
) -> str:
    """The number with its check digit behind a hyphen, such as `900123456-8`.

    The last digit of a number without a hyphen is never read as its check digit.

    Raises:
        InvalidValue: `check_digit_missing` with the number that was probably meant,
            `check_digit_wrong`, or the code `malformed`.

    """
    if _WITH_CHECK_DIGIT.fullmatch(number):
        compact = compact_number(number, validate, malformed)
        return f"{compact[:-1]}-{compact[-1]}"
    suggestion = _with_right_digit(number, validate)
    if suggestion is None:
        raise InvalidValue(malformed)
    raise InvalidValue("check_digit_missing", suggestion=suggestion)


def _with_right_digit(number: str, validate: Validate) -> str | None:
    """The number with the check digit that fits it, or None if none does."""
    if not number.isalnum():
        return None
    for digit in _DIGITS_OR_LETTERS:
        try:
            compact = validate(number + digit)
        except ValidationError:
            continue
        return f"{compact[:-1]}-{compact[-1]}"
    return None

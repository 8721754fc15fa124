"""Check digits of identity numbers, by the algorithms of python-stdnum."""

from collections.abc import Callable
from typing import Final

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.util import get_cc_module

from vinculo.onboarding.fields.refusals import FieldRefused

Validate = Callable[[str], str]
"""Gives the number without separators, its check digit last, or raises stdnum's ValidationError."""

CO_NIT: Final = "co.nit"


class NoSuchAlgorithm(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no algorithm of python-stdnum, such as {CO_NIT!r}")


def algorithm(name: str) -> Validate:
    """Raises NoSuchAlgorithm."""
    country, _, number = name.partition(".")
    if not (country.isidentifier() and number.isidentifier()):
        raise NoSuchAlgorithm(name)
    module = get_cc_module(country, number)
    if module is None or not hasattr(module, "validate"):
        raise NoSuchAlgorithm(name)
    return module.validate


def validated(raw: str, validate: Validate, malformed: str = "document_number_malformed") -> str:
    """The number with its check digit. Raises FieldRefused."""
    try:
        return validate(raw)
    except InvalidChecksum:
        raise FieldRefused("check_digit_wrong") from None
    except ValidationError:
        raise FieldRefused(malformed) from None

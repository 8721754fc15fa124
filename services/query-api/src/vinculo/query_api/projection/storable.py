"""What MongoDB stores, checked before folding, so that a record's fault is found at that record.

Of each model only the fields that could hold something else are looked at: numbers, and JSON.
"""

from collections.abc import Iterable
from datetime import date
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, Final, get_args
from uuid import UUID

from pydantic import BaseModel

from vinculo.messaging import PoisonMessage

LARGEST: Final = 2**63 - 1
DEEPEST: Final = 32
HARMLESS: Final = (str, bytes, bool, float, UUID, date, Enum, NoneType)
AT_A_GLANCE: Final = frozenset({str, bytes, bool, float, UUID, NoneType})
"""Types of values, most of all that there are, that need no closer look."""


def check_storable(event: BaseModel | None) -> None:
    """Raise Broken for a number beyond 64 bits, or for JSON that is too deep or oddly named."""
    if event is not None:
        for name in _fields_to_check(type(event)):
            value = getattr(event, name)
            if type(value) is int and -LARGEST <= value <= LARGEST:
                continue
            if type(value) not in AT_A_GLANCE:
                _check(value, 1)


@cache
def _fields_to_check(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(
        name for name, field in model.model_fields.items() if not _is_harmless(field.annotation)
    )


def _is_harmless(annotation: Any) -> bool:  # noqa: ANN401 - a type, or a form of typing's
    if arguments := [each for each in get_args(annotation) if each is not Ellipsis]:
        return all(_is_harmless(each) for each in arguments)
    if not isinstance(annotation, type):
        return False
    if issubclass(annotation, BaseModel):
        return not _fields_to_check(annotation)
    return issubclass(annotation, HARMLESS)


def _check(value: Any, depth: int) -> None:  # noqa: ANN401 - any field of any event
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise PoisonMessage("value: a number beyond 64 bits")
    elif isinstance(value, BaseModel | dict | tuple | list):
        if depth > DEEPEST:
            raise PoisonMessage("value: nested too deep")
        for each in _inside(value):
            if type(each) not in AT_A_GLANCE:
                _check(each, depth + 1)


def _inside(value: BaseModel | dict[str, Any] | tuple[Any, ...] | list[Any]) -> Iterable[Any]:
    if isinstance(value, BaseModel):
        return [getattr(value, name) for name in _fields_to_check(type(value))]
    if isinstance(value, dict):
        if any("\0" in name for name in value):
            raise PoisonMessage("value: a name with a null character")
        return value.values()
    return value

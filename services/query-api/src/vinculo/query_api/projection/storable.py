"""What MongoDB stores, checked before folding, so that a record's fault is found at that record."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel

from vinculo.messaging import Broken

LARGEST: Final = 2**63 - 1
DEEPEST: Final = 32


def check_storable(event: BaseModel | None) -> None:
    """Raise Broken for a number beyond 64 bits, or for JSON that is too deep or oddly named."""
    if event is not None:
        _check(event, 0)


def _check(value: Any, depth: int) -> None:  # noqa: ANN401 - any field of any event
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise Broken("value: a number beyond 64 bits")
    elif isinstance(value, BaseModel | dict | tuple | list):
        if depth > DEEPEST:
            raise Broken("value: nested too deep")
        for each in _inside(value):
            _check(each, depth + 1)


def _inside(value: BaseModel | dict[str, Any] | tuple[Any, ...] | list[Any]) -> Iterable[Any]:
    if isinstance(value, BaseModel):
        return value.__dict__.values()
    if isinstance(value, dict):
        if any("\0" in name for name in value):
            raise Broken("value: a name with a null character")
        return value.values()
    return value

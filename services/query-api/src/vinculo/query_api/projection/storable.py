"""What MongoDB stores, checked before folding, so that a record's fault is found at that record."""

from typing import Any, Final

from pydantic import BaseModel

from vinculo.messaging import Broken

LARGEST: Final = 2**63 - 1
DEEPEST: Final = 32


def check_storable(value: Any, depth: int = 0) -> None:  # noqa: ANN401 - any field of any event
    """Raise Broken for a number beyond 64 bits, or for JSON that is too deep or oddly named."""
    match value:
        case bool() | str() | None:
            return
        case int():
            if not -LARGEST <= value <= LARGEST:
                raise Broken("value: a number beyond 64 bits")
        case BaseModel():
            for each in value.__dict__.values():
                check_storable(each, depth + 1)
        case dict():
            if any("\0" in name for name in value):
                raise Broken("value: a name with a null character")
            for each in value.values():
                check_storable(each, depth + 1)
        case tuple() | list():
            for each in value:
                check_storable(each, depth + 1)
    if depth > DEEPEST:
        raise Broken("value: nested too deep")

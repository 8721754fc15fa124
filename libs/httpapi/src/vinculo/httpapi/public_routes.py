"""The mark of a route that needs no permission."""

from collections.abc import Callable
from typing import Any, TypeVar

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
MARK = "vinculo_public"


def public(endpoint: Endpoint) -> Endpoint:
    """Declare that anyone may call the endpoint. It stands under the route's decorator."""
    setattr(endpoint, MARK, True)
    return endpoint


def is_public(endpoint: object) -> bool:
    return getattr(endpoint, MARK, False) is True

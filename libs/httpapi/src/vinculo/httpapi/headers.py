"""Headers of requests that routes read for themselves: how each looks, and which route takes it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from re import Pattern
from typing import Any, Final, TypeVar

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.requests import Request
from starlette.routing import compile_path

from vinculo.httpapi.problems import Problem

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
MARK: Final = "vinculo_takes"
LONGEST_KEY: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderParameter:
    """`label` is its name among the parameters of a document."""

    name: str
    label: str
    description: str
    schema: dict[str, Any]
    required: bool = False
    example: str

    def parameter(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "in": "header",
            "required": self.required,
            "description": self.description,
            "schema": self.schema,
            "example": self.example,
        }


VERSION_SCHEMA: Final = {"type": "string", "pattern": '^((W/)?"[0-9]{1,9}"|[0-9]{1,9})$'}

IDEMPOTENCY_KEY: Final = HeaderParameter(
    name="Idempotency-Key",
    label="Idempotency-Key",
    description=(
        "Made at random by the caller. For a day the same key with the same body has one effect "
        "and one answer; with another body it is refused."
    ),
    schema={"type": "string", "pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$"},
    example="0a6f4c9e-4a1f-4d0e-9b57-6a5a5f0f3f62",
)
IF_MATCH: Final = HeaderParameter(
    name="If-Match",
    label="If-Match",
    description="The version that is to be changed, as the ETag of what was read.",
    schema=VERSION_SCHEMA,
    required=True,
    example='W/"7"',
)
IF_MATCH_WHEN_GIVEN: Final = HeaderParameter(
    name="If-Match",
    label="If-Match-when-given",
    description="The version that is to be changed; without it, whichever there is.",
    schema=VERSION_SCHEMA,
    example='W/"7"',
)
ACCEPT_LANGUAGE: Final = HeaderParameter(
    name="Accept-Language",
    label="Accept-Language",
    description=(
        "The language of what people read, titles of problems too: es or en. Spanish when it "
        "names neither."
    ),
    schema={"type": "string"},
    example="es-CO,es;q=0.9",
)
"""Every operation takes it, as every one may answer a problem."""

ALL: Final = (IDEMPOTENCY_KEY, IF_MATCH, IF_MATCH_WHEN_GIVEN, ACCEPT_LANGUAGE)


def accepts_headers(*headers: HeaderParameter) -> Callable[[Endpoint], Endpoint]:
    """Declare which headers the endpoint reads. It stands under the route's decorator."""

    def declared(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, MARK, headers)
        return endpoint

    return declared


def accepted_headers(endpoint: object) -> tuple[HeaderParameter, ...]:
    found: tuple[HeaderParameter, ...] = getattr(endpoint, MARK, ())
    return found


_VERSION = re.compile(r'(?:W/)?"([0-9]{1,9})"|([0-9]{1,9})')


def if_match(request: Request) -> int:
    """The version in `If-Match`: `W/"7"`, `"7"` or `7`. 428 without the header."""
    header = request.headers.get("if-match")
    if header is None:
        raise Problem(428, "if-match-required")
    match = _VERSION.fullmatch(header.strip())
    if match is None:
        raise Problem(400, "if-match-invalid")
    return int(match[1] or match[2])


def etag(version: int) -> str:
    return f'W/"{version}"'


def allowed_methods(request: Request) -> str:
    """As the header `Allow` names them."""
    app = request.app
    if not isinstance(app, FastAPI):
        return ""
    found = {
        method
        for route in iter_route_contexts(app.routes)
        if route.path and _pattern(route.path).match(request.scope["path"])
        for method in route.methods or ()
    }
    return ", ".join(sorted(found))


@cache
def _pattern(path: str) -> Pattern[str]:
    pattern, _, _ = compile_path(path)
    return pattern

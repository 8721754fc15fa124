"""Headers that routes read themselves: their description, which routes accept them, their values.

Also the value of `Allow` for requests with a wrong method.
"""

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

from vinculo.httpapi.catalogue import COMMON_MESSAGES
from vinculo.httpapi.problems import Problem

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

MAX_KEY_LENGTH: Final = 255
_ACCEPTED_HEADERS: Final = "vinculo_accepted_headers"
_VERSION: Final = re.compile(r'(?:W/)?"([0-9]{1,9})"|([0-9]{1,9})')
_VERSION_SCHEMA: Final = {"type": "string", "pattern": '^((W/)?"[0-9]{1,9}"|[0-9]{1,9})$'}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeaderParameter:
    """A header as an OpenAPI parameter; `label` is its name among the document's components."""

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


IDEMPOTENCY_KEY: Final = HeaderParameter(
    name="Idempotency-Key",
    label="Idempotency-Key",
    description=(
        "A random key chosen by the caller. For 24 hours, repeats with the same key and body have "
        "no further effect and get the first response; another body is refused."
    ),
    schema={"type": "string", "pattern": f"^[!-~]{{1,{MAX_KEY_LENGTH}}}$"},
    example="0a6f4c9e-4a1f-4d0e-9b57-6a5a5f0f3f62",
)
IF_MATCH: Final = HeaderParameter(
    name="If-Match",
    label="If-Match",
    description="The version to be changed: the ETag of the response that was read.",
    schema=_VERSION_SCHEMA,
    required=True,
    example='W/"7"',
)
OPTIONAL_IF_MATCH: Final = HeaderParameter(
    name="If-Match",
    label="If-Match-when-given",
    description="The version to be changed; without the header, the current one.",
    schema=_VERSION_SCHEMA,
    example='W/"7"',
)
ACCEPT_LANGUAGE: Final = HeaderParameter(
    name="Accept-Language",
    label="Accept-Language",
    description=(
        "The language of texts for people, including titles of problems: "
        f"{' or '.join(COMMON_MESSAGES.languages)}; {COMMON_MESSAGES.languages[0]} by default."
    ),
    schema={"type": "string"},
    example="es-CO,es;q=0.9",
)
"""Accepted by every operation, because every one may respond with a problem."""

ALL: Final = (IDEMPOTENCY_KEY, IF_MATCH, OPTIONAL_IF_MATCH, ACCEPT_LANGUAGE)


def accepts_headers(*headers: HeaderParameter) -> Callable[[Endpoint], Endpoint]:
    """Declare the headers that the endpoint reads. Place it under the route's decorator."""

    def declare(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _ACCEPTED_HEADERS, headers)
        return endpoint

    return declare


def accepted_headers(endpoint: object) -> tuple[HeaderParameter, ...]:
    headers: tuple[HeaderParameter, ...] = getattr(endpoint, _ACCEPTED_HEADERS, ())
    return headers


def if_match(request: Request) -> int:
    """The version in `If-Match`: `W/"7"`, `"7"` or `7`.

    Raises:
        Problem: 428 `if-match-required` without the header, 400 `if-match-invalid`.

    """
    header = request.headers.get("if-match")
    if header is None:
        raise Problem(428, "if-match-required")
    match = _VERSION.fullmatch(header.strip())
    if match is None:
        raise Problem(400, "if-match-invalid")
    return int(match[1] or match[2])


def etag(version: int) -> str:
    return f'W/"{version}"'


def idempotency_key(request: Request) -> str | None:
    """The key in `Idempotency-Key`; None without the header.

    Raises:
        Problem: 400 `idempotency-key-invalid`.

    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not all("!" <= character <= "~" for character in key):
        raise Problem(400, "idempotency-key-invalid")
    return key


def allowed_methods(request: Request) -> str:
    """The methods of the request's path, as the value of `Allow`."""
    app = request.app
    if not isinstance(app, FastAPI):
        return ""
    methods = {
        method
        for route in iter_route_contexts(app.routes)
        if route.path and _path_pattern(route.path).match(request.scope["path"])
        for method in route.methods or ()
    }
    return ", ".join(sorted(methods))


@cache
def _path_pattern(path: str) -> Pattern[str]:
    pattern, _, _ = compile_path(path)
    return pattern

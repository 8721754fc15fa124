"""Headers of requests that routes read for themselves: how each looks, and which route takes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
MARK: Final = "vinculo_takes"
LONGEST_KEY: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenHeader:
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

IDEMPOTENCY_KEY: Final = TakenHeader(
    name="Idempotency-Key",
    label="Idempotency-Key",
    description=(
        "Made at random by the caller. For a day the same key with the same body has one effect "
        "and one answer; with another body it is refused."
    ),
    schema={"type": "string", "pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$"},
    example="0a6f4c9e-4a1f-4d0e-9b57-6a5a5f0f3f62",
)
IF_MATCH: Final = TakenHeader(
    name="If-Match",
    label="If-Match",
    description="The version that is to be changed, as the ETag of what was read.",
    schema=VERSION_SCHEMA,
    required=True,
    example='W/"7"',
)
IF_MATCH_WHEN_GIVEN: Final = TakenHeader(
    name="If-Match",
    label="If-Match-when-given",
    description="The version that is to be changed; without it, whichever there is.",
    schema=VERSION_SCHEMA,
    example='W/"7"',
)
ACCEPT_LANGUAGE: Final = TakenHeader(
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


def takes(*headers: TakenHeader) -> Callable[[Endpoint], Endpoint]:
    """Declare which headers the endpoint reads. It stands under the route's decorator."""

    def declared(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, MARK, headers)
        return endpoint

    return declared


def taken_by(endpoint: object) -> tuple[TakenHeader, ...]:
    found: tuple[TakenHeader, ...] = getattr(endpoint, MARK, ())
    return found

"""Declares which problems an operation may respond with, so that its OpenAPI document lists them.

A route names its own refusals with `may_refuse`. Those that follow from its method, its headers,
its body and its access token are added by `problem_types_of`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from types import MappingProxyType
from typing import Any, Final, TypeVar

from vinculo.httpapi.headers import IDEMPOTENCY_KEY, IF_MATCH, OPTIONAL_IF_MATCH, HeaderParameter
from vinculo.httpapi.problems import Problem

Declared = TypeVar("Declared", bound=Callable[..., Any])
Refusals = Mapping[type[Exception], tuple[int, str] | Callable[[Any], Problem]]
"""Exceptions of a service, each with status and problem type or a function to the problem."""

_TYPES: Final = "vinculo_problem_types"
_REFUSALS: Final = "vinculo_refusals"
_FIELD_CODES: Final = "vinculo_field_codes"
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: `members` are the JSON schemas of its further members, all optional.

    `errors` says that it lists invalid fields, `retry_after` that it has this header.
    """

    status: int
    slug: str
    members: Mapping[str, Mapping[str, Any]] = dataclass_field(default_factory=dict, hash=False)
    errors: bool = False
    retry_after: bool = False


Refusal = type[Exception] | ProblemType


def responds_with(*types: ProblemType) -> Callable[[Declared], Declared]:
    """Declare the types of the problems that a function in a table of refusals returns."""

    def declare(function: Declared) -> Declared:
        setattr(function, _TYPES, types)
        return function

    return declare


def may_refuse(
    *refusals: Refusal, field_codes: Iterable[str] = ()
) -> Callable[[Declared], Declared]:
    """Declare the refusals of an endpoint and the codes of its rules for fields.

    An exception stands for the problem types that the service's table of refusals gives it. Place
    it under the route's decorator.
    """

    def declare(endpoint: Declared) -> Declared:
        setattr(endpoint, _REFUSALS, refusals)
        setattr(endpoint, _FIELD_CODES, frozenset(field_codes))
        return endpoint

    return declare


def declared_field_codes(endpoint: object) -> frozenset[str]:
    codes: frozenset[str] = getattr(endpoint, _FIELD_CODES, frozenset())
    return codes


INVALID_REQUEST: Final = ProblemType(422, "request-invalid", errors=True)
_EVERYWHERE: Final = (
    ProblemType(400, "bad-request"),
    ProblemType(400, "nul-character"),
    ProblemType(414, "address-too-long"),
    ProblemType(429, "too-many-requests", retry_after=True),
    ProblemType(431, "headers-too-large"),
    ProblemType(500, "internal-error"),
    ProblemType(502, "service-unavailable", retry_after=True),
    ProblemType(503, "service-unavailable", retry_after=True),
)
"""Some of them are the gateway's."""
_OF_BODIES: Final = (
    ProblemType(400, "body-malformed"),
    ProblemType(408, "body-too-slow"),
    ProblemType(413, "body-too-large"),
    ProblemType(415, "content-type-unsupported"),
)
_OF_ACCESS_TOKENS: Final = (
    ProblemType(401, "token-missing"),
    ProblemType(401, "token-invalid"),
    ProblemType(403, "forbidden"),
    ProblemType(503, "keys-unavailable", retry_after=True),
)
_OF_PATHS: Final = (ProblemType(404, "not-found"),)
_STREAM_CHANGED: Final = ProblemType(409, "stream-changed")
_OF_IF_MATCH: Final = (
    ProblemType(400, "if-match-invalid"),
    ProblemType(412, "version-changed"),
)
_OF_HEADERS: Final[Mapping[HeaderParameter, tuple[ProblemType, ...]]] = MappingProxyType(
    {
        IDEMPOTENCY_KEY: (
            ProblemType(400, "idempotency-key-invalid"),
            ProblemType(409, "request-in-flight", retry_after=True),
            ProblemType(422, "idempotency-key-reused"),
        ),
        IF_MATCH: (*_OF_IF_MATCH, ProblemType(428, "if-match-required")),
        OPTIONAL_IF_MATCH: _OF_IF_MATCH,
    }
)


def problem_types_of(
    endpoint: object,
    *,
    method: str,
    headers: Collection[HeaderParameter],
    needs_token: bool,
    path_parameters: bool,
    validated: bool,
    refusals: Refusals,
) -> list[ProblemType]:
    """All problem types of an operation, each once, in the order of status and type.

    Raises:
        LookupError: an exception is missing in the table, or its function declares no types.

    """
    found = [*_EVERYWHERE, *_declared(endpoint, refusals)]
    if method in _WITH_BODY:
        found += _OF_BODIES
        if IF_MATCH not in headers:
            found.append(_STREAM_CHANGED)
    if needs_token:
        found += _OF_ACCESS_TOKENS
    if path_parameters:
        found += _OF_PATHS
    if validated or declared_field_codes(endpoint):
        found.append(INVALID_REQUEST)
    for header in headers:
        found += _OF_HEADERS.get(header, ())
    by_slug = {(each.status, each.slug): each for each in reversed(found)}
    return [by_slug[key] for key in sorted(by_slug)]


def _declared(endpoint: object, refusals: Refusals) -> list[ProblemType]:
    declared: tuple[Refusal, ...] = getattr(endpoint, _REFUSALS, ())
    found: list[ProblemType] = []
    for refusal in declared:
        if isinstance(refusal, ProblemType):
            found.append(refusal)
        else:
            found += types_of_refusal(refusal, refusals)
    return found


def types_of_refusal(kind: type[Exception], refusals: Refusals) -> tuple[ProblemType, ...]:
    """The problem types that the table gives an exception.

    Raises:
        LookupError: the exception is missing, or its function declares no types.

    """
    if kind not in refusals:
        raise LookupError(f"{kind.__name__} is not in the table of refusals")
    refusal = refusals[kind]
    if isinstance(refusal, tuple):
        return (ProblemType(*refusal),)
    types: tuple[ProblemType, ...] = getattr(refusal, _TYPES, ())
    if not types:
        raise LookupError(f"the problem of {kind.__name__} declares no types: use responds_with")
    return types

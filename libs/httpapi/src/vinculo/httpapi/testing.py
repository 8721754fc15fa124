"""For tests of services: calls of every operation, undeclared headers, problems and codes.

Also missing titles, and the loss of saved responses, as by a crash.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import CodeType, FunctionType
from typing import Any, Protocol, TypeVar
from uuid import uuid4
from weakref import WeakSet

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from vinculo.httpapi.catalogue import COMMON_MESSAGES, PROBLEM
from vinculo.httpapi.headers import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    accepted_headers,
    idempotency_key,
    if_match,
)
from vinculo.httpapi.idempotency import Idempotency
from vinculo.httpapi.idempotency_store import NO_RESPONSE_YET, idempotency_keys
from vinculo.httpapi.openapi import DocumentInvalid
from vinculo.httpapi.problems import MEDIA_TYPE, URN, Problem
from vinculo.translation import load_catalogue

HEADER_READERS = {idempotency_key: IDEMPOTENCY_KEY.name, if_match: IF_MATCH.name}


undeclared_problems: list[str] = []
"""What `record_undeclared_problem` found; the pytest plugin fails the test that caused it."""
_CLIENT_GONE = 499
_without_document: WeakSet[FastAPI] = WeakSet()


class Response(Protocol):
    @property
    def status_code(self) -> int: ...


AnyResponse_co = TypeVar("AnyResponse_co", bound=Response, covariant=True)


class Client(Protocol[AnyResponse_co]):
    """The part of an asynchronous HTTP client that is needed here."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = ...,  # noqa: ANN401 - JSON of any shape
        params: Any = ...,  # noqa: ANN401 - the client's own type
        headers: Any = ...,  # noqa: ANN401 - the client's own type
    ) -> AnyResponse_co: ...


async def call_every_operation(
    app: FastAPI,
    client: Client[AnyResponse_co],
    callers: Sequence[Mapping[str, str]],
    values: Mapping[str, str] | None = None,
) -> dict[str, AnyResponse_co]:
    """The responses by method and path; values are the document's examples, ids are unknown.

    `values` are those of parameters whose examples would be refused. `callers` are headers; the
    first caller that is not refused is the one whose response counts.
    """
    responses = {}
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            parameters = [
                each
                for each in operation.get("parameters", ())
                if each.get("required") and each["in"] in {"path", "query"}
            ]
            given = {each["name"]: _example(each) for each in parameters} | dict(values or {})
            for caller in callers:
                response = await client.request(
                    method.upper(),
                    path.format_map(given),
                    json=next((each.get("example") for each in content.values()), None),
                    params={e["name"]: given[e["name"]] for e in parameters if e["in"] == "query"},
                    headers={IDEMPOTENCY_KEY.name: str(uuid4()), IF_MATCH.name: '"1"', **caller},
                )
                responses[f"{method.upper()} {path}"] = response
                if response.status_code != HTTPStatus.FORBIDDEN:
                    break
    return responses


def _example(parameter: Mapping[str, Any]) -> str:
    schema = parameter.get("schema", {})
    if schema.get("format") == "uuid":
        return str(uuid4())
    options = [parameter.get("example"), *schema.get("examples", ()), *schema.get("enum", ())]
    return str(next((each for each in options if each is not None), "x"))


def record_undeclared_problem(request: Request, problem: Problem) -> None:
    """Compare a problem with those that the OpenAPI document lists for the operation.

    Applications without a valid document, which only tests have, are not compared, nor responses
    to clients that are gone.
    """
    app, endpoint = request.app, request.scope.get("endpoint")
    if app in _without_document or problem.status == _CLIENT_GONE:
        return
    try:
        document = app.openapi()
    except DocumentInvalid:
        _without_document.add(app)
        return
    for route in iter_route_contexts(app.routes):
        operation = document["paths"].get(route.path, {}).get(request.method.lower())
        if route.endpoint is endpoint and operation is not None:
            name = operation["operationId"]
            undeclared_problems.extend(
                f"{name}: {each} is not declared: use may_refuse"
                for each in _undeclared(problem, operation, document["components"]["schemas"])
            )


def _undeclared(
    problem: Problem, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[str]:
    response = operation["responses"].get(str(problem.status), {})
    models = {
        each["properties"]["type"]["const"]: each for each in _problem_models(response, schemas)
    }
    model = models.get(URN + problem.type)
    if model is None:
        yield f"{problem.status} {problem.type}"
        return
    members = model["properties"]
    yield from (f"{problem.type}.{name}" for name in problem.extensions if name not in members)
    if problem.errors and "errors" not in members:
        yield f"{problem.type}.errors"
        return
    if problem.errors:
        error = schemas[members["errors"]["items"]["$ref"].rpartition("/")[2]]
        codes = error["properties"]["code"]["enum"]
        yield from (f"code {each.code}" for each in problem.errors if each.code not in codes)


def _problem_models(
    response: Mapping[str, Any], schemas: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The schemas of the problems that a documented response may have."""
    schema = response.get("content", {}).get(MEDIA_TYPE, {}).get("schema", {})
    names = [each["$ref"].rpartition("/")[2] for each in schema.get("oneOf", [schema]) if each]
    return [schemas[name] for name in names]


def header_declaration_problems(app: FastAPI) -> list[str]:
    """Headers that a route reads without declaring them, or declares without reading them."""
    problems = []
    for route in iter_route_contexts(app.routes):
        read = set(_headers_read_by(route.endpoint))
        declared = {header.name for header in accepted_headers(route.endpoint)}
        name = f"{'/'.join(sorted(route.methods or ()))} {route.path}"
        problems += [f"{name} reads {header} undeclared" for header in read - declared]
        problems += [f"{name} declares {header} and does not read it" for header in declared - read]
    return sorted(problems)


def _headers_read_by(endpoint: object) -> Iterator[str]:
    """The headers that the function reads, found by the names in its code, recursively."""
    for each in _reached_from(endpoint, set()):
        if isinstance(each, Idempotency):
            yield IDEMPOTENCY_KEY.name
        elif isinstance(each, FunctionType) and each in HEADER_READERS:
            yield HEADER_READERS[each]


def undeclared_field_codes(app: FastAPI, codes: Collection[str]) -> list[str]:
    """Which of these codes a route's functions give invalid fields without declaring them.

    A code is found as a text in the code of the functions. Routes that respond with the errors of
    a form as their content are left out.
    """
    document = app.openapi()
    problems = []
    for route in iter_route_contexts(app.routes):
        path = route.path or ""
        if path.endswith("/validation"):
            continue
        for method, operation in document["paths"].get(path, {}).items():
            if method.upper() not in (route.methods or ()):
                continue
            response = operation["responses"].get("422", {})
            declared = _field_codes_of(response, document["components"]["schemas"])
            reached = [route.endpoint, *_reached_from(route.endpoint, set())]
            texts = {
                text
                for each in reached
                if isinstance(each, FunctionType)
                for text in _texts(each.__code__)
            }
            problems += [
                f"{method.upper()} {path} gives {code} undeclared"
                for code in texts & set(codes) - declared
            ]
    return sorted(problems)


def _field_codes_of(response: Mapping[str, Any], schemas: Mapping[str, Any]) -> set[str]:
    codes: set[str] = set()
    for model in _problem_models(response, schemas):
        if errors := model["properties"].get("errors"):
            error = schemas[errors["items"]["$ref"].rpartition("/")[2]]
            codes |= set(error["properties"]["code"]["enum"])
    return codes


def _reached_from(value: object, seen: set[int]) -> Iterator[object]:
    """What the function's code names and encloses, and so on for each function among it."""
    if not isinstance(value, FunctionType) or id(value) in seen:
        return
    seen.add(id(value))
    enclosed = [cell.cell_contents for cell in value.__closure__ or ()]
    named = [value.__globals__.get(name) for name in _names(value.__code__)]
    for each in (*enclosed, *named):
        yield each
        is_reader = isinstance(each, FunctionType) and each in HEADER_READERS
        if isinstance(each, FunctionType) and not is_reader and _has_same_root(each, value):
            yield from _reached_from(each, seen)


def _has_same_root(function: FunctionType, caller: FunctionType) -> bool:
    """Whether both belong to the same top-level package, and not to another library."""
    return function.__module__.partition(".")[0] == caller.__module__.partition(".")[0]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _texts(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _texts(constant)


async def discard_saved_responses(engine: AsyncEngine) -> None:
    """Delete all saved responses but keep their keys, as a crash before saving would leave them."""
    async with engine.begin() as connection:
        await connection.execute(
            update(idempotency_keys).values(status=NO_RESPONSE_YET, body=b"", headers={})
        )


def untitled_problems(package: str) -> list[str]:
    """The problem types in the package's code that have no title in any catalogue."""
    known = {*COMMON_MESSAGES.keys(PROBLEM), *load_catalogue(package).keys(PROBLEM)}
    slugs = {slug for tree in _modules(files(package)) for slug in _slugs(tree)}
    return sorted(slugs - known)


def _modules(folder: Traversable) -> Iterator[ast.Module]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _modules(each)
        elif each.name.endswith(".py"):
            yield ast.parse(each.read_text(encoding="utf-8"))


def _slugs(tree: ast.Module) -> Iterator[str]:
    """Problem types in `Problem(409, "…")` and in pairs `(409, "…")` of a table of refusals."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.Call(args=[ast.Constant(value=int(status)), ast.Constant(value=str(slug)), *_])
                | ast.Tuple(elts=[ast.Constant(value=int(status)), ast.Constant(value=str(slug))])
            ) if 400 <= status < 600:  # noqa: PLR2004 - the statuses of errors
                yield slug

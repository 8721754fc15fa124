"""For tests of services: undeclared headers, problems without a title, lost responses."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import CodeType, FunctionType

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

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
from vinculo.translation import load_catalogue

HEADER_READERS = {idempotency_key: IDEMPOTENCY_KEY.name, if_match: IF_MATCH.name}


def header_declaration_problems(app: FastAPI) -> list[str]:
    """Headers that a route reads without declaring them, or declares without reading them."""
    problems = []
    for route in iter_route_contexts(app.routes):
        read = set(_headers_read_by(route.endpoint, set()))
        declared = {header.name for header in accepted_headers(route.endpoint)}
        name = f"{'/'.join(sorted(route.methods or ()))} {route.path}"
        problems += [f"{name} reads {header} undeclared" for header in read - declared]
        problems += [f"{name} declares {header} and does not read it" for header in declared - read]
    return sorted(problems)


def _headers_read_by(value: object, seen: set[int]) -> Iterator[str]:
    """The headers that the function reads, found by the names in its code, recursively."""
    if not isinstance(value, FunctionType) or id(value) in seen:
        return
    seen.add(id(value))
    enclosed = [cell.cell_contents for cell in value.__closure__ or ()]
    named = [value.__globals__.get(name) for name in _names(value.__code__)]
    for each in (*enclosed, *named):
        if isinstance(each, Idempotency):
            yield IDEMPOTENCY_KEY.name
        elif isinstance(each, FunctionType) and each in HEADER_READERS:
            yield HEADER_READERS[each]
        elif isinstance(each, FunctionType) and _has_same_root(each, value):
            yield from _headers_read_by(each, seen)


def _has_same_root(function: FunctionType, caller: FunctionType) -> bool:
    """Whether both belong to the same top-level package, and not to another library."""
    return function.__module__.partition(".")[0] == caller.__module__.partition(".")[0]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


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

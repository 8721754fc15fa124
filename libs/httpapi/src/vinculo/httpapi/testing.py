"""For the tests of services: headers are described, problems have titles, answers can be lost."""

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
from vinculo.httpapi.headers import IDEMPOTENCY_KEY, IF_MATCH, accepted_headers, if_match
from vinculo.httpapi.idempotency import Idempotency, idempotency_key
from vinculo.httpapi.idempotency_store import NO_RESPONSE_YET, idempotency_keys
from vinculo.translation import load_catalogue

READERS = {idempotency_key: IDEMPOTENCY_KEY.name, if_match: IF_MATCH.name}


def misdescribed_headers(app: FastAPI) -> list[str]:
    """Give `["POST /a/v1/b reads If-Match and does not say so"]`, and the other way round."""
    found = []
    for route in iter_route_contexts(app.routes):
        read = set(_read_by(route.endpoint, set()))
        described = {header.name for header in accepted_headers(route.endpoint)}
        place = f"{'/'.join(sorted(route.methods or ()))} {route.path}"
        found += [f"{place} reads {name} and does not say so" for name in read - described]
        found += [f"{place} says it takes {name} and does not" for name in described - read]
    return sorted(found)


def _read_by(value: object, seen: set[int]) -> Iterator[str]:
    """By what the function's code names, and what the functions do that it names."""
    if not isinstance(value, FunctionType) or id(value) in seen:
        return
    seen.add(id(value))
    enclosed = [cell.cell_contents for cell in value.__closure__ or ()]
    named = [value.__globals__.get(name) for name in _names(value.__code__)]
    for each in (*enclosed, *named):
        if isinstance(each, Idempotency):
            yield IDEMPOTENCY_KEY.name
        elif isinstance(each, FunctionType) and each in READERS:
            yield READERS[each]
        elif isinstance(each, FunctionType) and _is_ours(each, value):
            yield from _read_by(each, seen)


def _is_ours(function: FunctionType, caller: FunctionType) -> bool:
    """Not of another library."""
    return function.__module__.partition(".")[0] == caller.__module__.partition(".")[0]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


async def lose_answers(engine: AsyncEngine) -> None:
    """Leave what a crash leaves between effect and answer: keys with their bodies, and no more."""
    async with engine.begin() as connection:
        await connection.execute(
            update(idempotency_keys).values(status=NO_RESPONSE_YET, body=b"", headers={})
        )


def untitled_problems(package: str) -> list[str]:
    """The types of problems that the package's code names and no catalogue has a title for."""
    known = {*COMMON_MESSAGES.keys(PROBLEM), *load_catalogue(package).keys(PROBLEM)}
    slugs = {slug for tree in _modules(files(package)) for slug in _slugs(tree)}
    return sorted(slugs - known)


def _modules(place: Traversable) -> Iterator[ast.Module]:
    for each in place.iterdir():
        if each.is_dir():
            yield from _modules(each)
        elif each.name.endswith(".py"):
            yield ast.parse(each.read_text(encoding="utf-8"))


def _slugs(tree: ast.Module) -> Iterator[str]:
    """Of `Problem(409, "…")`, and of `(409, "…")` in a table of refusals."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.Call(args=[ast.Constant(value=int(status)), ast.Constant(value=str(slug)), *_])
                | ast.Tuple(elts=[ast.Constant(value=int(status)), ast.Constant(value=str(slug))])
            ) if 400 <= status < 600:  # noqa: PLR2004 - refusals and failures
                yield slug

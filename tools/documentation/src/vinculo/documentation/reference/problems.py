"""The reference of HTTP problems and of field error codes, from the sources and the catalogues."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vinculo.documentation.markdown import code, table
from vinculo.httpapi.catalogue import COMMON_MESSAGES, FIELD_ERROR, PROBLEM
from vinculo.httpapi.problems import URN
from vinculo.translation import Catalogue, load_catalogue
from vinculo.translation.catalogue import FOLDER

INTRODUCTION: Final = f"""\
# Problems

Error responses follow RFC 9457. `type` is `{URN}` and the type below; it is stable. `title` is in
the language of `Accept-Language`.

## Types

"""
FIELD_ERRORS: Final = """
## Field errors

The `errors` of a problem have `field`, `code` and `message`. Codes are stable.

"""
EVERY_SERVICE: Final = "every service"
_ERRORS: Final = range(400, 600)


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A type with its statuses, the packages that raise it, and its titles by language."""

    slug: str
    statuses: tuple[int, ...]
    services: tuple[str, ...]
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldErrorCode:
    code: str
    origin: str
    messages: tuple[str, ...]


def problem_types(root: Path) -> list[ProblemType]:
    """All types, in alphabetical order."""
    raised: dict[str, tuple[set[int], set[str]]] = {}
    for package, tree in _sources(root):
        for status, slug in _raised(tree):
            statuses, services = raised.setdefault(slug, (set(), set()))
            statuses.add(status)
            services.add(_origin(package))
    return [
        ProblemType(slug, tuple(sorted(statuses)), _named(services), _titles(root, slug, services))
        for slug, (statuses, services) in sorted(raised.items())
    ]


def field_error_codes(root: Path) -> list[FieldErrorCode]:
    found = []
    for package in _packages_with_catalogue(root):
        catalogue = load_catalogue(f"vinculo.{package}")
        found += [
            FieldErrorCode(key, _origin(package), _texts(catalogue, FIELD_ERROR, key))
            for key in catalogue.keys(FIELD_ERROR)
        ]
    return sorted(found, key=lambda each: (each.origin != EVERY_SERVICE, each.origin, each.code))


def catalogue_titles(root: Path) -> set[str]:
    """The problem types that have a title in any catalogue."""
    return {
        key
        for package in _packages_with_catalogue(root)
        for key in load_catalogue(f"vinculo.{package}").keys(PROBLEM)
    }


def problems_page(root: Path) -> str:
    languages = list(COMMON_MESSAGES.languages)
    types = [
        [
            code(each.slug),
            ", ".join(map(str, each.statuses)),
            ", ".join(each.services),
            *each.titles,
        ]
        for each in problem_types(root)
    ]
    errors = [[code(each.code), each.origin, *each.messages] for each in field_error_codes(root)]
    return (
        INTRODUCTION
        + table(["type", "status", "services", *languages], types)
        + FIELD_ERRORS
        + table(["code", "services", *languages], errors)
    )


def _sources(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for pattern in ("libs/*/src/vinculo/*", "services/*/src/vinculo/*"):
        for folder in sorted(root.glob(pattern)):
            for path in sorted(folder.rglob("*.py")):
                if "testing" not in path.relative_to(folder.parent).with_suffix("").parts:
                    yield folder.name, ast.parse(path.read_text("utf-8"))


def _raised(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Status and type of each problem: arguments of calls, pairs of tables, entries by status."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(args=[status, slug, *_]) | ast.Tuple(elts=[status, slug]):
                pairs = [(status, value) for value in _values(slug, tree)]
            case ast.Dict(keys=keys, values=values):
                pairs = [(key, value) for key, value in zip(keys, values, strict=True) if key]
            case _:
                continue
        for first, second in pairs:
            match first, second:
                case ast.Constant(value=int(number)), ast.Constant(value=str(text)):
                    if number in _ERRORS:
                        yield number, text


def _values(slug: ast.expr, tree: ast.Module) -> list[ast.expr]:
    """The expression, or both results of the conditional that a variable is assigned."""
    if not isinstance(slug, ast.Name):
        return [slug]
    return [
        value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.IfExp)
        and [slug.id] == [each.id for each in node.targets if isinstance(each, ast.Name)]
        for value in (node.value.body, node.value.orelse)
    ]


def _packages_with_catalogue(root: Path) -> list[str]:
    return sorted(
        path.parent.name
        for pattern in ("libs", "services")
        for path in root.glob(f"{pattern}/*/src/vinculo/*/{FOLDER}")
    )


def _titles(root: Path, slug: str, services: set[str]) -> tuple[str, ...]:
    for package in _packages_with_catalogue(root):
        catalogue = load_catalogue(f"vinculo.{package}")
        if _origin(package) in {*services, EVERY_SERVICE} and slug in catalogue.keys(PROBLEM):
            return _texts(catalogue, PROBLEM, slug)
    return ("",) * len(COMMON_MESSAGES.languages)


def _texts(catalogue: Catalogue, context: str, key: str) -> tuple[str, ...]:
    return tuple(catalogue.text(context, key, name) for name in COMMON_MESSAGES.languages)


def _origin(package: str) -> str:
    libraries = {"httpapi", "access", "values"}
    return EVERY_SERVICE if package in libraries else package.replace("_", "-")


def _named(services: set[str]) -> tuple[str, ...]:
    return (EVERY_SERVICE,) if EVERY_SERVICE in services else tuple(sorted(services))

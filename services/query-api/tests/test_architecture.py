"""Imports go only downwards, and HTTP stays at the edge."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import vinculo.query_api

PACKAGE = "vinculo.query_api"
ROOT = Path(vinculo.query_api.__path__[0])
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts): ast.parse(file.read_text())
    for file in sorted(ROOT.rglob("*.py"))
}
CAPABILITIES = ("lists", "profile", "funnel", "exports", "audit", "projector", "rebuild")
ALLOWED = {("exports", "lists"), ("rebuild", "projector")}
"""Pairs of capabilities of which the first may import the second."""
HTTP_MODULES = {"main", "problems", "http_responses", "audit.middleware"}
HTTP_NAMES = (
    "starlette",
    "fastapi",
    "vinculo.httpapi.Problem",
    "vinculo.httpapi.FieldError",
    "vinculo.httpapi.problems",
)


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_a_capability_imports_others_only_where_allowed(capability: str) -> None:
    imported = {
        other
        for module, tree in MODULES.items()
        if module.startswith(f"{capability}.")
        for name in _imports(tree)
        for other in CAPABILITIES
        if other != capability and f"{name}.".startswith(f"{PACKAGE}.{other}.")
    }

    assert {(capability, other) for other in imported} <= ALLOWED


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("person_document")])
def test_the_persons_document_imports_no_capability(module: str) -> None:
    for name in _imports(MODULES[module]):
        assert not name.startswith(tuple(f"{PACKAGE}.{other}" for other in CAPABILITIES))


def test_only_the_edge_imports_http() -> None:
    importing = {
        module
        for module, tree in MODULES.items()
        if any(name.startswith(HTTP_NAMES) for name in _imports(tree))
    }

    assert {each for each in importing - HTTP_MODULES if not each.endswith(".http")} == set()


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case _:
                pass

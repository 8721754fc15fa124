"""Every code that a field is refused with has a message."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.onboarding.messages import MESSAGES

PACKAGES = ("vinculo.onboarding", "vinculo.values")


def modules() -> Iterator[ast.Module]:
    for package in PACKAGES:
        yield from modules_below(files(package))


def modules_below(folder: Traversable) -> Iterator[ast.Module]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from modules_below(each)
        elif each.name.endswith(".py"):
            yield ast.parse(each.read_text(encoding="utf-8"))


def codes(tree: ast.Module) -> Iterator[str]:
    """Of `InvalidValue("…")`, `FieldFault("field", "…")` and `form.add_error("field", "…")`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="InvalidValue"),
                args=[refused, *_],
            ):
                yield from texts(refused)
            case ast.Call(
                func=ast.Name(id="FieldError") | ast.Attribute(attr="add_error"),
                args=[_, refused, *_],
            ):
                yield from texts(refused)


def texts(node: ast.expr) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value:
            yield each.value


USED = {code for tree in modules() for code in codes(tree)}


def test_every_code_that_a_field_is_refused_with_has_a_message() -> None:
    assert len(USED) > 30
    assert set(MESSAGES.keys(FIELD_ERROR)) >= USED

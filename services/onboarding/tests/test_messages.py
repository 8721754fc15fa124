"""Every code, problem and message that the code uses is in the catalogue."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.httpapi.testing import untitled_problems
from vinculo.onboarding.http.own_application import APPLICATION_MESSAGE
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
    """In `InvalidValue("…")`, `FieldError("field", "…")` and `form.add_error("field", "…")`."""
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


def test_every_field_error_code_has_a_message() -> None:
    assert len(USED) > 30
    assert set(MESSAGES.keys(FIELD_ERROR)) >= USED


def test_every_problem_has_a_title_in_every_language() -> None:
    assert untitled_problems("vinculo.onboarding") == []


def test_every_message_that_the_code_shows_exists_and_every_message_is_shown() -> None:
    shown = {key for tree in modules() for key in application_messages(tree)}

    assert set(MESSAGES.keys(APPLICATION_MESSAGE)) == shown


def application_messages(tree: ast.Module) -> Iterator[str]:
    """In `MESSAGES.text(APPLICATION_MESSAGE, "…", language)`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="text"),
                args=[ast.Name(id="APPLICATION_MESSAGE"), ast.Constant(value=str(key)), *_],
            ):
                yield key

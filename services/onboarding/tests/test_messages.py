"""Every code, problem and message that the code uses is in the catalogue, and no other."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from vinculo.httpapi.catalogue import COMMON_MESSAGES, FIELD_ERROR
from vinculo.httpapi.testing import untitled_problems
from vinculo.onboarding.forms.fields import LANGUAGES
from vinculo.onboarding.http.own_application import APPLICATION_MESSAGE
from vinculo.onboarding.messages import MESSAGES
from vinculo.translation import load_catalogue

SERVICE, VALUES = "vinculo.onboarding", "vinculo.values"


def modules_below(folder: Traversable) -> Iterator[ast.Module]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from modules_below(each)
        elif each.name.endswith(".py"):
            yield ast.parse(each.read_text(encoding="utf-8"))


def field_error_codes(tree: ast.Module) -> Iterator[str]:
    """In `InvalidValue("…")`, `FieldError("field", "…")` and `form.add_error("field", "…")`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="InvalidValue"), args=[code, *_]):
                yield from texts(code)
            case ast.Call(
                func=ast.Name(id="FieldError") | ast.Attribute(attr="add_error"),
                args=[_, code, *_],
            ):
                yield from texts(code)


def application_messages(tree: ast.Module) -> Iterator[str]:
    """In `MESSAGES.text(APPLICATION_MESSAGE, "…", language)`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="text"),
                args=[ast.Name(id="APPLICATION_MESSAGE"), ast.Constant(value=str(key)), *_],
            ):
                yield key


def texts(node: ast.expr) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value:
            yield each.value


def codes_of(package: str) -> set[str]:
    return {code for tree in modules_below(files(package)) for code in field_error_codes(tree)}


def test_every_field_error_code_has_a_message() -> None:
    used = codes_of(SERVICE) | codes_of(VALUES)

    assert len(used) > 30
    assert set(MESSAGES.keys(FIELD_ERROR)) >= used


def test_every_message_of_a_field_error_is_used() -> None:
    assert set(load_catalogue(SERVICE).keys(FIELD_ERROR)) <= codes_of(SERVICE)


def test_every_message_about_an_application_exists_and_is_used() -> None:
    used = {key for tree in modules_below(files(SERVICE)) for key in application_messages(tree)}

    assert set(MESSAGES.keys(APPLICATION_MESSAGE)) == used


def test_every_problem_has_a_title_in_every_language() -> None:
    assert untitled_problems(SERVICE) == []


def test_the_catalogues_of_the_service_and_its_libraries_have_the_same_languages() -> None:
    assert set(LANGUAGES) == set(MESSAGES.languages)
    assert set(LANGUAGES) == set(load_catalogue(VALUES).languages) == set(COMMON_MESSAGES.languages)

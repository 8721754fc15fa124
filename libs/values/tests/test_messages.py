"""Every code that a rule refuses a value with has a message in every language."""

import ast
from collections.abc import Iterator
from importlib.resources import files

from vinculo.translation import load_catalogue


def codes() -> Iterator[str]:
    """All texts of the modules that are written like a code."""
    for module in files("vinculo.values").iterdir():
        if module.name.endswith(".py"):
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(func=ast.Name(id="InvalidValue"), args=[code, *_]):
                        yield from (
                            each.value
                            for each in ast.walk(code)
                            if isinstance(each, ast.Constant) and isinstance(each.value, str)
                        )


def test_every_code_has_a_message() -> None:
    found = set(codes())

    assert {"name_empty", "under_age", "check_digit_wrong"} <= found
    assert found <= set(load_catalogue("vinculo.values").keys("field-error"))

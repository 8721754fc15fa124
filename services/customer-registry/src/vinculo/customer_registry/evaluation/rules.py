"""Requirements' expressions: CEL, compiled against the types of the facts they declare.

The only module that knows the CEL library. There an error is a value and not an exception, and a
non-empty string is truthy, so that nothing but the boolean True counts as met.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cel_expr_python import cel  # type: ignore[import-untyped]  # it ships stubs unmarked

from vinculo.customer_registry.evaluation.facts import (
    CATALOGUE,
    FactDefinition,
    FactType,
    FactValue,
)


class InvalidRuleError(Exception):
    """An expression that could never be evaluated: unknown facts, wrong types, bad syntax."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """`error` says why there is no boolean; then `met` is False."""

    met: bool
    error: str | None = None


class RuleEngine:
    """Compiles each expression once."""

    def __init__(self, catalogue: Mapping[str, FactDefinition] = CATALOGUE) -> None:
        self._catalogue = catalogue
        self._compiled: dict[tuple[str, tuple[str, ...]], cel.Expression] = {}

    def check(self, expression: str, facts: tuple[str, ...]) -> None:
        """Raise RuleRefused unless the expression gives a boolean from the declared facts alone."""
        self._compile(expression, facts)

    def ask(
        self, expression: str, facts: tuple[str, ...], values: Mapping[str, FactValue]
    ) -> RuleResult:
        """Evaluate; `values` holds every declared fact."""
        try:
            result = self._compile(expression, facts).eval(
                data={name: values[name] for name in facts}
            )
            value: Any = result.value()
        except (InvalidRuleError, RuntimeError, TypeError, ValueError) as error:
            return RuleResult(met=False, error=type(error).__name__)
        if result.type() != cel.Type.BOOL or not isinstance(value, bool):
            return RuleResult(met=False, error=str(value).partition(":")[0])
        return RuleResult(met=value is True)

    def _compile(self, expression: str, facts: tuple[str, ...]) -> cel.Expression:
        key = (expression, facts)
        if key not in self._compiled:
            self._compiled[key] = self._compile_anew(expression, facts)
        return self._compiled[key]

    def _compile_anew(self, expression: str, facts: tuple[str, ...]) -> cel.Expression:
        if unknown := [name for name in facts if name not in self._catalogue]:
            raise InvalidRuleError(
                f"no such fact: {', '.join(unknown)};"
                f" there are {', '.join(sorted(self._catalogue))}"
            )
        types = _cel_types()
        environment = cel.NewEnv(
            variables={name: types[self._catalogue[name].type] for name in facts}
        )
        try:
            compiled = environment.compile(expression)
        except RuntimeError as error:
            raise InvalidRuleError(f"{expression!r}: {_first_line(error)}") from None
        if compiled.return_type() != cel.Type.BOOL:
            raise InvalidRuleError(
                f"{expression!r} gives {compiled.return_type().name()}, not true or false"
            )
        return compiled


def _cel_types() -> dict[FactType, cel.Type]:
    return {
        FactType.BOOL: cel.Type.BOOL,
        FactType.INT: cel.Type.INT,
        FactType.STRING: cel.Type.STRING,
    }


def _first_line(error: RuntimeError) -> str:
    return str(error).splitlines()[0].removeprefix("INVALID_ARGUMENT: ERROR: <input>:")

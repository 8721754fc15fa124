"""The expressions of requirements in CEL, type-checked against the facts that they declare.

No other module uses the CEL library. It returns evaluation errors as values instead of raising
them, and converts other types to booleans; here only the boolean `true` meets a requirement.
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


class InvalidRuleError(ValueError):
    """The expression can never be evaluated: unknown facts, wrong types or a syntax error."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """`error` is a code without personal data, when there is no boolean; then `met` is False."""

    met: bool
    error: str | None = None


class RuleEngine:
    """Compiles each expression once."""

    def __init__(self, catalogue: Mapping[str, FactDefinition] = CATALOGUE) -> None:
        self._catalogue = catalogue
        self._compiled: dict[tuple[str, tuple[str, ...]], cel.Expression] = {}

    def check(self, expression: str, facts: tuple[str, ...]) -> None:
        """Raise InvalidRuleError unless the expression is a boolean over the declared facts."""
        self._rule(expression, facts)

    def evaluate(
        self, expression: str, facts: tuple[str, ...], values: Mapping[str, FactValue]
    ) -> RuleResult:
        """`values` must have every declared fact."""
        try:
            result = self._rule(expression, facts).eval(data={name: values[name] for name in facts})
            value: Any = result.value()
        except (RuntimeError, TypeError, ValueError) as error:
            return RuleResult(met=False, error=type(error).__name__)
        if result.type() != cel.Type.BOOL or not isinstance(value, bool):
            return RuleResult(met=False, error=str(value).partition(":")[0])
        return RuleResult(met=value is True)

    def _rule(self, expression: str, facts: tuple[str, ...]) -> cel.Expression:
        key = (expression, facts)
        if key not in self._compiled:
            self._compiled[key] = self._compile(expression, facts)
        return self._compiled[key]

    def _compile(self, expression: str, facts: tuple[str, ...]) -> cel.Expression:
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
                f"{expression!r} has the type {compiled.return_type().name()}, not BOOL"
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

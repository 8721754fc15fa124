"""Validation of a form: field by field, with all errors reported at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TypeVar

from vinculo.values.invalid_value import InvalidValue

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class FieldError:
    """The code has a message in the catalogue; `values` fill the message's placeholders."""

    field: str
    code: str
    values: Mapping[str, int | str] = dataclass_field(default_factory=dict, hash=False)


class InvalidForm(Exception):
    """At least one field is invalid."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(", ".join(f"{error.field}: {error.code}" for error in errors))
        self.errors = errors


class FormValidator:
    """Collects the errors of the fields until `raise_if_invalid`.

    A live check shows the value that was probably meant, for confirmation.
    """

    def __init__(self, *, live: bool = False) -> None:
        self._live = live
        self._errors: list[FieldError] = []

    def validate(self, field: str, raw: Value, rule: Callable[[Value], Value]) -> Value:
        """The value in its normal form; an invalid value comes back as it is."""
        try:
            return rule(raw)
        except InvalidValue as invalid:
            values: dict[str, int | str] = dict(invalid.values)
            if invalid.suggestion is not None:
                shown = self._live and invalid.suggestion
                values["suggestion"] = f": {invalid.suggestion}" if shown else ""
            self.add_error(field, invalid.code, **values)
            return raw

    def validate_optional(
        self, field: str, raw: Value | None, rule: Callable[[Value], Value]
    ) -> Value | None:
        return None if raw is None else self.validate(field, raw, rule)

    def add_error(self, field: str, code: str, **values: int | str) -> None:
        self._errors.append(FieldError(field, code, values))

    @property
    def errors(self) -> tuple[FieldError, ...]:
        return tuple(self._errors)

    @property
    def invalid_fields(self) -> frozenset[str]:
        return frozenset(error.field for error in self._errors)

    def raise_if_invalid(self) -> None:
        """Raises InvalidForm."""
        if self._errors:
            raise InvalidForm(self.errors)

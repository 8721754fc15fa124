"""A field's refusal, and the collection of all that is wrong with one form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import TypeVar

from vinculo.values.invalid_value import InvalidValue

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class FieldFault:
    field: str
    code: str
    values: Mapping[str, int] = made_by(default_factory=dict, hash=False)


class FormRefused(Exception):
    """At least one field was refused; all faults are named at once."""

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = faults


class FormCheck:
    """Takes field after field and remembers what was refused, until `finish`."""

    def __init__(self) -> None:
        self._faults: list[FieldFault] = []

    def take(self, field: str, raw: Value, check: Callable[[Value], Value]) -> Value:
        """Give the regular form of `raw`; of a refused one `raw`, which `finish` keeps from use."""
        try:
            return check(raw)
        except InvalidValue as refused:
            self.refuse(field, refused.code, **refused.values)
            return raw

    def take_optional(
        self, field: str, raw: Value | None, check: Callable[[Value], Value]
    ) -> Value | None:
        return None if raw is None else self.take(field, raw, check)

    def refuse(self, field: str, code: str, **values: int) -> None:
        self._faults.append(FieldFault(field, code, values))

    @property
    def faults(self) -> tuple[FieldFault, ...]:
        return tuple(self._faults)

    @property
    def refused_fields(self) -> frozenset[str]:
        return frozenset(fault.field for fault in self._faults)

    def finish(self) -> None:
        if self._faults:
            raise FormRefused(self.faults)

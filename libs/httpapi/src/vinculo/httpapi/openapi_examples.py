"""Composes the example of a body from its schema and from the examples of its fields."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

Examples = Mapping[str, object]
"""Example values by the name of the field, or by `Model.field` where a name has two meanings."""

_OF_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "uuid": "01980f5e-6b7a-7c3d-9a41-5f0c2b8e7d16",
        "date": "2026-11-06",
        "date-time": "2026-11-06T14:30:00Z",
    }
)


class ExampleBuilder:
    """Builds examples; a text field without an example of its own is an error."""

    def __init__(self, schemas: Mapping[str, Any], examples: Examples) -> None:
        self._schemas = schemas
        self._examples = examples

    def example(self, schema: Mapping[str, Any], model: str = "", field: str = "") -> object:
        """The example of a body with this schema.

        Raises:
            LookupError: there is none for a field.

        """
        if (own := f"{model}.{field}") in self._examples:
            return self._examples[own]
        if reference := schema.get("$ref"):
            name = reference.rpartition("/")[2]
            target = self._schemas[name]
            if "properties" in target:
                return self._object(target, name)
            return self.example(target, model, field)
        for key in ("anyOf", "oneOf", "allOf"):
            if variants := schema.get(key):
                return self.example(variants[0], model, field)
        if field in self._examples and _fits(self._examples[field], schema):
            return self._examples[field]
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("default") is not None:
            return schema["default"]
        return self._of_type(schema, model, field)

    def _object(self, schema: Mapping[str, Any], model: str) -> dict[str, object]:
        """Fields whose example is None are left out."""
        members = {
            name: self.example(part, model, name)
            for name, part in schema.get("properties", {}).items()
        }
        required = schema.get("required", ())
        return {k: v for k, v in members.items() if v is not None or k in required}

    def _of_type(self, schema: Mapping[str, Any], model: str, field: str) -> object:
        match schema.get("type"):
            case "string" if schema.get("format") in _OF_FORMATS:
                return _OF_FORMATS[schema["format"]]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
            case "array" if "items" in schema:
                return [self.example(schema["items"], model, field)]
            case "object" if "properties" in schema:
                return self._object(schema, model)
        raise LookupError(f"{model}.{field} needs an example")


def _fits(value: object, schema: Mapping[str, Any]) -> bool:
    """Whether a field of this schema may have the value, judged by type and enumeration only."""
    if schema.get("format") in {"uuid", "date-time"} or value not in schema.get("enum", [value]):
        return False
    kinds = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object"}
    return schema.get("type", "any") in {kinds.get(type(value)), "any"}

"""Rewrites pydantic's JSON schemas for code generators: without generated titles and nulls."""

from typing import Any, Final

_MAPS: Final = ("properties", "$defs", "patternProperties")
_SINGLE: Final = ("items", "additionalProperties", "not", "propertyNames", "contains")
_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_NULL: Final = {"type": "null"}


def tidy_schema(schema: dict[str, Any]) -> None:
    """Remove titles, from which generators would make names, in the schema and its parts."""
    schema.pop("title", None)
    for key in _MAPS:
        for part in schema.get(key, {}).values():
            tidy_schema(part)
    for key in _SINGLE:
        if isinstance(schema.get(key), dict):
            tidy_schema(schema[key])
    for key in _LISTS:
        for part in schema.get(key, ()):
            tidy_schema(part)


def tidy_operation(operation: dict[str, Any]) -> None:
    """Tidy its schemas; a parameter or body that may be left out is not also null."""
    for parameter in operation.get("parameters", ()):
        tidy_schema(parameter["schema"])
        parameter["schema"] = without_null(parameter["schema"])
    body = operation.get("requestBody")
    parts = [*([body] if body else ()), *operation["responses"].values()]
    for part in parts:
        for content in part.get("content", {}).values():
            if "schema" in content:
                tidy_schema(content["schema"])
                if part is body:
                    content["schema"] = without_null(content["schema"])


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    variants = schema.get("anyOf", [])
    if _NULL not in variants:
        return schema
    kept = [variant for variant in variants if variant != _NULL]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    if schema.get("default") is not None:
        rest["default"] = schema["default"]
    return {**kept[0], **rest} if len(kept) == 1 else {**rest, "anyOf": kept}

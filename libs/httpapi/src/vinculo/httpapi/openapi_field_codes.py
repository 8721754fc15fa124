"""Derives from the schemas of a request which codes of invalid fields it may be refused with."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

_OF_TYPES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "string": frozenset({"not_text"}),
        "integer": frozenset({"not_whole_number", "out_of_range"}),
        "number": frozenset({"not_number"}),
        "boolean": frozenset({"not_boolean"}),
        "array": frozenset({"not_list"}),
        "object": frozenset({"not_object"}),
    }
)
_OF_FORMATS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "date": frozenset({"not_date", "out_of_range"}),
        "date-time": frozenset({"not_moment", "time_zone_missing"}),
        "uuid": frozenset({"not_uuid"}),
        "uri": frozenset({"not_url"}),
    }
)
_OF_KEYWORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "minLength": "too_short",
        "maxLength": "too_long",
        "pattern": "wrong_format",
        "minItems": "too_few",
        "maxItems": "too_many",
        "minimum": "out_of_range",
        "maximum": "out_of_range",
        "exclusiveMinimum": "out_of_range",
        "exclusiveMaximum": "out_of_range",
        "enum": "not_allowed",
        "const": "not_allowed",
        "discriminator": "not_allowed",
        "required": "required",
    }
)
_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")


def field_codes(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> frozenset[str]:
    """The codes of errors in parameters and body; empty for an operation without any."""
    found: set[str] = set()
    for parameter in operation.get("parameters", ()):
        found |= {"invalid"} | ({"required"} if parameter.get("required") else set())
        if parameter["in"] == "query":
            found.add("unknown_field")
        found |= _codes(parameter["schema"], schemas, set())
    if body := operation.get("requestBody"):
        found |= {"invalid"} | ({"required"} if body.get("required") else set())
        for content in body["content"].values():
            found |= _codes(content["schema"], schemas, set())
    return frozenset(found)


def _codes(schema: Mapping[str, Any], schemas: Mapping[str, Any], seen: set[str]) -> set[str]:
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        if name in seen:
            return set()
        seen.add(name)
        return _codes(schemas[name], schemas, seen)
    found = set(_OF_TYPES.get(schema.get("type", ""), ()))
    found |= _OF_FORMATS.get(schema.get("format", ""), frozenset())
    found |= {code for keyword, code in _OF_KEYWORDS.items() if keyword in schema}
    if schema.get("additionalProperties") is False:
        found.add("unknown_field")
    for part in _parts(schema):
        found |= _codes(part, schemas, seen)
    return found


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from schema.get("properties", {}).values()
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield schema[key]
    for key in _LISTS:
        yield from schema.get(key, ())

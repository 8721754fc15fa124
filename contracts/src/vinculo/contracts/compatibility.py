"""Compatibility of a changed schema: closed writer, open reader.

Writers write only the properties of their schema, readers ignore unknown ones. So the writer's
schema is closed (`additionalProperties: false`) in both comparisons: the new reader must accept all
old events, because they are stored, and the old reader all new events, because consumers are
upgraded later.
"""

import json
from typing import Any

from jsoncompat import check_compat

_ANNOTATIONS = frozenset({"title", "description", "$id", "$schema", "examples"})


def incompatibility(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    """What a change from `old` to `new` breaks; None when it is compatible."""
    if same_meaning(old, new):
        return None
    if not check_compat(
        json.dumps(as_closed_schema(old)), json.dumps(without_annotations(new)), "deserializer"
    ):
        return "events written so far would be unreadable"
    if not check_compat(
        json.dumps(without_annotations(old)), json.dumps(as_closed_schema(new)), "serializer"
    ):
        return "current readers could not read the new events"
    return None


def same_meaning(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return bool(without_annotations(old) == without_annotations(new))


def without_annotations(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The schema without titles, descriptions and examples."""
    return _transformed(schema, close=False)


def as_closed_schema(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The same, with `additionalProperties: false` on every object that has `properties`."""
    return _transformed(schema, close=True)


def _transformed(schema: Any, *, close: bool) -> Any:  # noqa: ANN401
    if isinstance(schema, list):
        return [_transformed(item, close=close) for item in schema]
    if not isinstance(schema, dict):
        return schema
    transformed: dict[str, Any] = {}
    for key, value in schema.items():
        if key in {"properties", "$defs"}:
            transformed[key] = {
                name: _transformed(part, close=close) for name, part in value.items()
            }
        elif key in {"default", "const", "enum", "required"}:
            transformed[key] = value
        elif key not in _ANNOTATIONS:
            transformed[key] = _transformed(value, close=close)
    if close and "properties" in schema:
        transformed.setdefault("additionalProperties", False)
    return transformed

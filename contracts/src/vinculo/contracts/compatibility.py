"""Whether a changed schema still fits: closed writer, open reader.

Writers write just what their schema names, readers ignore what they do not know. So the old
schema is closed when asking whether the new reader takes all old events, and the new one is closed
when asking whether the old reader takes all new events. Stored events make the first necessary,
consumers not yet upgraded the second.
"""

import json
from typing import Any

from jsoncompat import check_compat

_PROSE = frozenset({"title", "description", "$id", "$schema", "examples"})


def incompatibility(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    """None when compatible, else what is broken."""
    if same_meaning(old, new):
        return None
    if not check_compat(json.dumps(closed(old)), json.dumps(plain(new)), "deserializer"):
        return "events written so far could not be read any more"
    if not check_compat(json.dumps(plain(old)), json.dumps(closed(new)), "serializer"):
        return "readers of today could not read the new events"
    return None


def same_meaning(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return bool(plain(old) == plain(new))


def plain(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The schema without prose."""
    return _rewritten(schema, close=False)


def closed(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The schema without prose, every object that names its properties holding no others."""
    return _rewritten(schema, close=True)


def _rewritten(schema: Any, *, close: bool) -> Any:  # noqa: ANN401
    if isinstance(schema, list):
        return [_rewritten(item, close=close) for item in schema]
    if not isinstance(schema, dict):
        return schema
    rewritten: dict[str, Any] = {}
    for key, value in schema.items():
        if key in {"properties", "$defs"}:
            rewritten[key] = {name: _rewritten(part, close=close) for name, part in value.items()}
        elif key in {"default", "const", "enum", "required"}:
            rewritten[key] = value
        elif key not in _PROSE:
            rewritten[key] = _rewritten(value, close=close)
    if close and "properties" in schema:
        rewritten.setdefault("additionalProperties", False)
    return rewritten

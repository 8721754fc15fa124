"""JSON as a careful reader takes it: UTF-8, each key once, no NUL, no half surrogates, no NaN."""

import json
import re
from typing import Any, NoReturn

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class MalformedJson(ValueError):
    """Not JSON, or JSON that two readers could understand differently."""


class UnstorableText(ValueError):
    """A text holds NUL or half a surrogate pair, which no store here can keep."""


def check_json(body: bytes) -> None:
    """Raise MalformedJson or UnstorableText; give nothing back, FastAPI parses for itself."""
    try:
        document = json.loads(
            body.decode(),
            object_pairs_hook=_object_with_distinct_keys,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedJson from error
    if b"\\u" in body:
        _check_texts(document)


def _object_with_distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJson
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedJson


def _check_texts(document: Any) -> None:  # noqa: ANN401 - any JSON value
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if _UNSTORABLE.search(value):
                raise UnstorableText
        elif isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)

"""Summaries of errors without personal data: type, validated fields and source location only."""

import re
from pathlib import PurePath
from traceback import extract_tb

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_MAX_FIELDS = 5


def safe_reason(error: BaseException) -> str:
    """The class of the error, with the invalid fields of a validation or where it was raised.

    The `reason` of an error that has one, such as `PoisonMessage`, is used as it is.
    """
    reason = getattr(error, "reason", None)
    if isinstance(reason, str):
        return reason
    name = type(error).__qualname__
    fields = _invalid_fields(error)
    if fields:
        return f"{name}: {', '.join(fields[:_MAX_FIELDS])}"
    frames = extract_tb(error.__traceback__)
    if not frames:
        return name
    return f"{name} in {PurePath(frames[-1].filename).stem}.{frames[-1].name}:{frames[-1].lineno}"


def _invalid_fields(error: BaseException) -> list[str]:
    """Fields and error types of pydantic; a step that is not a field name may be a value."""
    errors = getattr(error, "errors", None)
    if not callable(errors):
        return []
    return [
        f"{'.'.join(_step(step) for step in each['loc'])} {each['type']}".strip()
        for each in errors()
    ]


def _step(step: int | str) -> str:
    if isinstance(step, int):
        return str(step)
    return step if _FIELD_NAME.fullmatch(step) else "*"

"""What may be told of an error where no personal data may go: its type and location only."""

import re
from pathlib import PurePath
from traceback import extract_tb

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_MOST_LOCATIONS = 5


def safe_reason(error: BaseException) -> str:
    """Name the error's class, the fields a validation complains of, and where it was raised."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, str):
        return reason
    name = type(error).__qualname__
    locations = _validated_fields(error)
    if locations:
        return f"{name}: {', '.join(locations[:_MOST_LOCATIONS])}"
    frames = extract_tb(error.__traceback__)
    if not frames:
        return name
    return f"{name} in {PurePath(frames[-1].filename).stem}.{frames[-1].name}:{frames[-1].lineno}"


def _validated_fields(error: BaseException) -> list[str]:
    """Read pydantic's errors; a step that is not a field's name may be a value, and is hidden."""
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

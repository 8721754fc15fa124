"""Describes exceptions for logs by class and stack frames, because messages may contain values."""

import traceback
from pathlib import Path
from typing import Any, Final

MAX_FRAMES: Final = 20
MAX_CHAIN_LENGTH: Final = 20
MAX_TEXT_LENGTH: Final = 300

_ERRORS_WITHOUT_DATA: Final = (OSError,)
"""Their messages contain addresses and file names only."""


def describe(error: BaseException) -> list[dict[str, Any]]:
    """The exception and its causes, each with class, frames and SQL state.

    The message is included only if it cannot contain data.
    """
    chain: list[dict[str, Any]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(chain) < MAX_CHAIN_LENGTH:
        seen.add(id(current))
        chain.append(_describe_one(current))
        if isinstance(current, BaseExceptionGroup):
            chain.extend(_describe_one(inner) for inner in current.exceptions[:MAX_CHAIN_LENGTH])
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return chain


def _describe_one(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    description: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__name__}",
        "frames": [
            f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"
            for frame in frames
        ],
    }
    if isinstance(error, _ERRORS_WITHOUT_DATA):
        description["text"] = str(error)[:MAX_TEXT_LENGTH]
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        description["sqlstate"] = sqlstate
    return description

"""Exceptions in logs: class and stack frames. Messages may quote values; most are left out."""

import traceback
from pathlib import Path
from typing import Any, Final

MOST_FRAMES = 20
LONGEST_TEXT = 300

_PLAIN_ERRORS: Final = (OSError,)
"""Their messages name addresses and files, never data."""


def describe(error: BaseException) -> list[dict[str, Any]]:
    """The chain of causes, each with class and frames; the message only where it holds no data."""
    chain: list[dict[str, Any]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(chain) < MOST_FRAMES:
        seen.add(id(current))
        chain.append(_described(current))
        if isinstance(current, BaseExceptionGroup):
            chain.extend(_described(inner) for inner in current.exceptions[:MOST_FRAMES])
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return chain


def _described(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    described: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__name__}",
        "frames": [
            f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"
            for frame in frames
        ],
    }
    if isinstance(error, _PLAIN_ERRORS):
        described["text"] = str(error)[:LONGEST_TEXT]
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        described["sqlstate"] = sqlstate
    return described

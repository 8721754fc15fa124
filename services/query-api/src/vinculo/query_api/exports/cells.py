"""Cells as a spreadsheet may safely open them: local times, words for codes, no formulas."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell_text(value: object, zone: ZoneInfo) -> str:
    """Empty for None; a moment as local `YYYY-MM-DD HH:MM:SS`."""
    match value:
        case None:
            return ""
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        case int():
            return str(value)
        case _:
            return guarded(str(value))


def guarded(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text

"""Cells as a reader of files expects them: local times, words for codes, no formulas."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from vinculo.httpapi.languages import Language
from vinculo.query_api.lists.catalogue import Column
from vinculo.query_api.words.codes import KINDS, STATUSES
from vinculo.query_api.words.words import Words

Cell: TypeAlias = str | int | datetime | None
CODES: Final[Mapping[str, Mapping[str, Words]]] = {"status": STATUSES, "kind": KINDS}
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - spreadsheets take the wide forms for formulas too


def row_cells(
    row: Mapping[str, Any], columns: Sequence[Column], *, zone: ZoneInfo, language: Language
) -> list[Cell]:
    """One row of a list. Moments are local and without a zone, as spreadsheets keep them."""
    return [_cell(column.name, row[column.name], zone, language) for column in columns]


def _cell(name: str, value: object, zone: ZoneInfo, language: Language) -> Cell:
    match value:
        case None | int():
            return value
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)
        case _:
            text = str(value)
            words = CODES.get(name, {}).get(text)
            return text if words is None else words.said(language)


def cell_text(cell: Cell) -> str:
    """Empty for None; a moment as `YYYY-MM-DD HH:MM:SS`."""
    match cell:
        case None:
            return ""
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M:%S")
        case _:
            return str(cell)


def guarded(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text

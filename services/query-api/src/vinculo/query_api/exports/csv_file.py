"""A CSV file that Excel reads right: UTF-8 with a byte order mark, `;` where commas are decimal."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from vinculo.httpapi.languages import Language
from vinculo.query_api.exports.cells import Cell, cell_text, guarded
from vinculo.query_api.exports.formats import Layout

DELIMITERS: Final[Mapping[Language, str]] = {"es": ";", "en": ","}


class CsvFile:
    """All text is quoted: a file read with the other delimiter must not split into formulas."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(
            self._file, delimiter=layout.delimiter, quoting=csv.QUOTE_NONNUMERIC
        )
        self._writer.writerow(layout.labels)

    def write(self, rows: Iterable[Sequence[Cell]]) -> None:
        self._writer.writerows(map(_row, rows))

    def finish(self) -> None:
        self._file.close()

    def abandon(self) -> None:
        self._file.close()


def _row(cells: Sequence[Cell]) -> list[str | int]:
    return [cell if isinstance(cell, int) else _text(cell) for cell in cells]


def _text(cell: Cell) -> str:
    return guarded(cell) if isinstance(cell, str) else cell_text(cell)

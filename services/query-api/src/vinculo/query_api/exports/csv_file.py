"""A CSV file that Excel reads right: UTF-8 with a byte order mark, `;` where commas are decimal."""

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from zoneinfo import ZoneInfo

from vinculo.query_api.exports.cells import cell_text
from vinculo.query_api.lists.catalogue import Column

DELIMITERS: Final = {"es": ";", "en": ","}


class CsvFile:
    """Rows are written batch by batch, so memory does not grow with them."""

    def __init__(
        self, path: Path, columns: Sequence[Column], *, locale: str, zone: ZoneInfo
    ) -> None:
        self.rows = 0
        self._path = path
        self._zone = zone
        self._names = [column.name for column in columns]
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=DELIMITERS[locale])
        self._writer.writerow(
            [column.label_en if locale == "en" else column.label_es for column in columns]
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, rows: Iterable[Mapping[str, object]]) -> None:
        for row in rows:
            self._writer.writerow([cell_text(row[name], self._zone) for name in self._names])
            self.rows += 1

    def close(self) -> tuple[int, str]:
        """Size in bytes and SHA-256 in hexadecimal of the whole file."""
        self._file.close()
        with self._path.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        return self._path.stat().st_size, digest

"""What a writer of any format is: opened with a layout, given rows in batches, finished."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]

from vinculo.query_api.exports.writers.formatting import cell_type
from vinculo.query_api.lists.catalogue import Column
from vinculo.translation import Language


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


MEDIA_TYPES: Final[Mapping[Format, str]] = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLayout:
    """What a file contains besides rows.

    `selection` are sentences about the filter and sort order; `delimiter` is for CSV only.
    """

    title: str
    columns: Sequence[Column]
    selection: Sequence[str]
    made_at: datetime
    zone: ZoneInfo
    language: Language
    delimiter: str

    @property
    def labels(self) -> list[str]:
        return [column.label(self.language) for column in self.columns]

    @property
    def types(self) -> list[pa.DataType]:
        return [cell_type(column) for column in self.columns]


class RowWriter(Protocol):
    """Blocking: each call belongs in a thread. `discard` may follow any other call."""

    def write(self, cells: pa.RecordBatch) -> None: ...

    def finish(self) -> None: ...

    def discard(self) -> None: ...


class WriterFactory(Protocol):
    def __call__(self, path: Path, layout: FileLayout) -> RowWriter: ...

"""A table in a file: its columns and layout, and what a writer of any format is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_MEDIA_TYPES: Final = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
}


class Kind(StrEnum):
    """What the cells of a column are; their Arrow types are in the comments."""

    TEXT = "text"  # string
    IDENTIFIER = "identifier"  # string: codes and numbers without arithmetic
    INTEGER = "integer"  # int64
    TIMESTAMP = "timestamp"  # timestamp in UTC; files show the local time


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Widths are the usual numbers of characters: in a sheet, and of a printed line.

    With `break_after`, every printed cell has two lines; the first one has that many characters.
    """

    name: str
    title: str
    kind: Kind = Kind.TEXT
    width: float = 20
    printed_width: float = 12
    break_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """What a file contains besides rows; `notes` are sentences about the table."""

    title: str
    columns: Sequence[Column]
    notes: Sequence[str]
    made_at: datetime
    zone: ZoneInfo
    language: str

    @property
    def titles(self) -> list[str]:
        return [column.title for column in self.columns]


class TableWriter(Protocol):
    """Writes batches with one Arrow column per column of the layout, in the same order.

    Blocking: each call belongs in a thread. `discard` may follow any other call.
    """

    def write(self, rows: pa.RecordBatch) -> None: ...

    def finish(self) -> None: ...

    def discard(self) -> None: ...

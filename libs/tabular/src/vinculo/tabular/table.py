"""A table in a file: its columns and layout, and what a writer of any format is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]

MAX_LISTED_ROWS: Final = 100


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
    IDENTIFIER = "identifier"  # string: codes, and numbers without arithmetic
    INTEGER = "integer"  # int64
    DECIMAL = "decimal"  # decimal128 of any scale
    DATE = "date"  # date32
    TIMESTAMP = "timestamp"  # timestamp with a zone; files show the local time of the layout
    BOOLEAN = "boolean"  # bool


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
    """What a file contains besides rows; `notes` are sentences about the table.

    `booleans` are the words for false and true where a format has none.
    """

    title: str
    columns: Sequence[Column]
    notes: Sequence[str]
    made_at: datetime
    zone: ZoneInfo
    language: str
    booleans: tuple[str, str] = ("false", "true")

    @property
    def titles(self) -> list[str]:
        return [column.title for column in self.columns]


@dataclass(slots=True)
class RowNumbers:
    """Rows of a file, counted from 1: how many they are, and the first hundred."""

    total: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, numbers: Sequence[int]) -> None:
        self.total += len(numbers)
        self.first.extend(numbers[: MAX_LISTED_ROWS - len(self.first)])


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """A finished file.

    `missing_glyphs` are the rows with letters that no font has, `truncated` those with a text that
    is longer than the format permits; its end is replaced by an ellipsis.
    """

    rows: int
    fonts: Sequence[str] = ()
    missing_glyphs: RowNumbers = field(default_factory=RowNumbers)
    truncated: RowNumbers = field(default_factory=RowNumbers)


class CellNotRepresentable(Exception):
    """The format has no exact form of a number or date; the message names the column."""


class TableWriter(Protocol):
    """Writes batches with one Arrow column per column of the layout, in the same order.

    Blocking: each call belongs in a thread. `discard` may follow any other call.

    Raises:
        TypeError: a batch does not have the columns of the layout.
        CellNotRepresentable: see there; the file cannot be finished.

    """

    def write(self, rows: pa.RecordBatch) -> None: ...

    def finish(self) -> FileReport: ...

    def discard(self) -> None: ...

"""Formats cells for readers of files: local times, labels for codes, ids as text.

A column is formatted at a time, which costs a tenth of a loop over rows per cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from vinculo.query_api.exports.writers.arrow import (
    ID,
    MOMENT,
    UUID_BYTES,
    field,
    id_bytes,
    path_of,
    type_of,
)
from vinculo.query_api.lists.catalogue import PAYER, Column
from vinculo.query_api.person_document.schema import NO_ID, NO_INSTANT
from vinculo.query_api.texts import TextContext, labels
from vinculo.translation import Language

TEXT: Final = pa.string()
INTEGER: Final = pa.int64()
LOCAL_TIME: Final = pa.timestamp("s")
"""The three types of cells. Local times have no zone, as in spreadsheets."""

CODE_COLUMNS: Final[Mapping[str, TextContext]] = {
    "status": TextContext.STATUS,
    "kind": TextContext.KIND,
}
DAY_SECONDS: Final = 86_400
HEX: Final = np.frombuffer(bytes(range(256)).hex().encode(), np.uint8).reshape(256, 2)
UUID_LETTERS: Final = 36
HYPHENS: Final = (8, 13, 18, 23)
DIGITS: Final = [index for index in range(UUID_LETTERS) if index not in HYPHENS]

DEFAULT_EXCEL_WIDTH: Final = 20
"""Enough for a local time."""
EXCEL_WIDTHS: Final[Mapping[str, int]] = {
    "number": 8,
    "name": 34,
    "person_id": 38,
    "customer_id": 38,
    "phone": 18,
    "email": 36,
    "document_type": 9,
    "national_id": 16,
    "identification": 16,
    "status": 16,
    "kind": 12,
    "active_loans": 10,
    "payer": 30,
}
DEFAULT_PDF_WIDTH: Final = 11.5
PDF_WIDTHS: Final[Mapping[str, float]] = {
    "number": 8,
    "name": 26,
    "person_id": 19.5,
    "customer_id": 19.5,
    "phone": 14.5,
    "email": 30,
    "document_type": 11,
    "national_id": 11.5,
    "identification": 13.5,
    "status": 12,
    "kind": 10.5,
    "active_loans": 8.5,
    "payer": 24,
    "modified": 13.5,
}
"""Ids and times take two lines in a PDF: an id may break at a hyphen, a number should not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFormat:
    columns: Sequence[Column]
    zone: ZoneInfo
    language: Language


def cell_type(column: Column) -> pa.DataType:
    """TEXT, INTEGER or LOCAL_TIME."""
    found = type_of(column)
    if found == ID:
        return TEXT
    return LOCAL_TIME if found == MOMENT else found


def format_cells(
    people: pa.RecordBatch, cell_format: CellFormat, payers: Mapping[UUID, str]
) -> pa.RecordBatch:
    """The columns by name, each of one of the three types; null for an empty cell."""
    return pa.RecordBatch.from_arrays(
        [_format_column(people, column, cell_format, payers) for column in cell_format.columns],
        names=[column.name for column in cell_format.columns],
    )


def _format_column(
    people: pa.RecordBatch, column: Column, cell_format: CellFormat, payers: Mapping[UUID, str]
) -> pa.Array:
    found = field(people, path_of(column))
    if column.name == PAYER:
        return _payer_name(id_bytes(found), payers)
    if column.name in CODE_COLUMNS:
        return _translated(found, labels(CODE_COLUMNS[column.name], cell_format.language))
    if found.type == ID:
        return uuid_text(id_bytes(found))
    if found.type == MOMENT:
        return local_time(found, cell_format.zone)
    return found


def _payer_name(ids: pa.Array, payers: Mapping[UUID, str]) -> pa.Array:
    known = pa.array([each.bytes for each in payers], pa.binary(UUID_BYTES))
    return pa.array(payers.values(), TEXT).take(pc.index_in(ids, known))


def _translated(codes: pa.Array, by_code: Mapping[str, str]) -> pa.Array:
    """A code without a label stays as it is."""
    texts_ = pa.array(by_code.values(), TEXT)
    return pc.coalesce(texts_.take(pc.index_in(codes, pa.array(by_code, TEXT))), codes)


def uuid_text(ids: pa.Array) -> pa.Array:
    """Ids of 16 bytes as text; null for the placeholder of a missing id."""
    filled = pc.fill_null(ids, bytes(UUID_BYTES))
    digits = HEX[np.frombuffer(_values(filled, UUID_BYTES), np.uint8)].reshape(-1, 2 * UUID_BYTES)
    letters = np.full((len(ids), UUID_LETTERS), ord("-"), np.uint8)
    letters[:, DIGITS] = digits
    ends = np.arange(len(ids) + 1, dtype=np.int32) * UUID_LETTERS
    texts_ = pa.StringArray.from_buffers(len(ids), pa.py_buffer(ends), pa.py_buffer(letters))
    return pc.if_else(pc.equal(filled, NO_ID.bytes), pa.scalar(None, TEXT), texts_)


def local_time(moments: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Local times to the second; null for the placeholder of a missing date."""
    missing = pc.fill_null(
        pc.equal(moments, pa.scalar(NO_INSTANT, pa.timestamp("ms", "UTC")).cast(MOMENT)), True
    )
    filled = pc.if_else(missing, pa.scalar(0, MOMENT), moments)
    seconds = np.floor_divide(np.asarray(filled.cast(INTEGER)), 1000)
    days, day_index = np.unique(np.floor_divide(seconds, DAY_SECONDS), return_inverse=True)
    offsets = [_constant_utc_offset(zone, int(day)) for day in days]
    shifts = np.array([0 if each is None else each for each in offsets], np.int64)[day_index]
    for day in np.flatnonzero([each is None for each in offsets]):
        for index in np.flatnonzero(day_index == day):
            shifts[index] = _utc_offset(zone, int(seconds[index]))
    return pa.array(seconds + shifts, INTEGER, mask=np.asarray(missing)).cast(LOCAL_TIME)


@lru_cache(maxsize=4096)
def _constant_utc_offset(zone: ZoneInfo, day: int) -> int | None:
    """Seconds from UTC; None on a day (in UTC) on which clocks are changed."""
    first, last = (_utc_offset(zone, each * DAY_SECONDS) for each in (day, day + 1))
    return first if first == last else None


def _utc_offset(zone: ZoneInfo, seconds: int) -> int:
    offset: timedelta | None = datetime.fromtimestamp(seconds, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _values(array: pa.Array, size: int) -> Any:  # noqa: ANN401 - a buffer
    """The bytes of an array of fixed-size values."""
    start = array.offset * size
    return memoryview(array.buffers()[1])[start : start + len(array) * size]


def contiguous_bytes(ids: pa.Array) -> bytes:
    """All ids one after another, 16 bytes each."""
    return bytes(_values(ids, UUID_BYTES))


def cell_texts(cells: pa.Array) -> pa.Array:
    """Every cell as text: empty for null, a local time as `YYYY-MM-DD HH:MM:SS`."""
    return pc.fill_null(cells.cast(TEXT), "")


def excel_width(column: str) -> int:
    """The usual width of a column's cells, in characters."""
    return EXCEL_WIDTHS.get(column, DEFAULT_EXCEL_WIDTH)


def pdf_width(column: str) -> float:
    """The usual width of a column's cells in a PDF, in digits."""
    return PDF_WIDTHS.get(column, DEFAULT_PDF_WIDTH)

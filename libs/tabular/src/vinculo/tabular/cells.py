"""Cells as files show them: local times, and any cell as text.

A column is converted at a time, which costs a tenth of a loop over rows per cell.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from vinculo.tabular.table import Kind, TableLayout

TEXT: Final = pa.string()
INTEGER: Final = pa.int64()
LOCAL_TIME: Final = pa.timestamp("s")
"""Without a zone, as in spreadsheets."""
DAY_SECONDS: Final = 86_400


def _is_instant(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None


_IS_OF_KIND: Final[Mapping[Kind, Callable[[pa.DataType], bool]]] = {
    Kind.TEXT: pa.types.is_string,
    Kind.IDENTIFIER: pa.types.is_string,
    Kind.INTEGER: pa.types.is_int64,
    Kind.DECIMAL: pa.types.is_decimal128,
    Kind.DATE: pa.types.is_date32,
    Kind.TIMESTAMP: _is_instant,
    Kind.BOOLEAN: pa.types.is_boolean,
}


def shown_columns(rows: pa.RecordBatch, layout: TableLayout) -> list[pa.Array]:
    """The columns of a batch, with local times instead of timestamps.

    Raises:
        TypeError: the batch has other columns than the layout.

    """
    if rows.num_columns != len(layout.columns):
        raise TypeError(f"{rows.num_columns} columns of cells for {len(layout.columns)} columns")
    shown = []
    for column, cells in zip(layout.columns, rows.columns, strict=True):
        if not _IS_OF_KIND[column.kind](cells.type):
            raise TypeError(f"column {column.name} of kind {column.kind} has cells of {cells.type}")
        shown.append(local_time(cells, layout.zone) if column.kind is Kind.TIMESTAMP else cells)
    return shown


def cell_texts(cells: pa.Array, layout: TableLayout) -> pa.Array:
    """Shown cells as text: a local time as `YYYY-MM-DD HH:MM:SS`, null stays null."""
    if pa.types.is_boolean(cells.type):
        return pc.if_else(cells, *(pa.scalar(word, TEXT) for word in reversed(layout.booleans)))
    return cells.cast(TEXT)


def local_time(moments: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Local times to the second; null stays null."""
    instants = moments.cast(pa.timestamp("us", moments.type.tz), safe=False).cast(INTEGER)
    seconds = np.floor_divide(np.asarray(pc.fill_null(instants, 0)), 1_000_000)
    days, day_index = np.unique(np.floor_divide(seconds, DAY_SECONDS), return_inverse=True)
    offsets = [_constant_utc_offset(zone, int(day)) for day in days]
    shifts = np.array([0 if each is None else each for each in offsets], np.int64)[day_index]
    for day in np.flatnonzero([each is None for each in offsets]):
        for index in np.flatnonzero(day_index == day):
            shifts[index] = _utc_offset(zone, int(seconds[index]))
    missing = np.asarray(moments.is_null())
    return pa.array(seconds + shifts, INTEGER, mask=missing).cast(LOCAL_TIME)


@lru_cache(maxsize=4096)
def _constant_utc_offset(zone: ZoneInfo, day: int) -> int | None:
    """Seconds from UTC; None on a day (in UTC) on which clocks are changed."""
    first, last = (_utc_offset(zone, each * DAY_SECONDS) for each in (day, day + 1))
    return first if first == last else None


def _utc_offset(zone: ZoneInfo, seconds: int) -> int:
    offset: timedelta | None = datetime.fromtimestamp(seconds, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())

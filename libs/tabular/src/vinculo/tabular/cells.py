"""Cells as files show them: local times, and any cell as text.

A column is converted at a time, which costs a tenth of a loop over rows per cell.
"""

from collections.abc import Sequence
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
INSTANT: Final = pa.timestamp("ms", "UTC")
LOCAL_TIME: Final = pa.timestamp("s")
"""Without a zone, as in spreadsheets."""
DAY_SECONDS: Final = 86_400


def shown_types(layout: TableLayout) -> list[pa.DataType]:
    """The types of `shown_columns`: TEXT, INTEGER or LOCAL_TIME."""
    types = {Kind.INTEGER: INTEGER, Kind.TIMESTAMP: LOCAL_TIME}
    return [types.get(column.kind, TEXT) for column in layout.columns]


def shown_columns(rows: pa.RecordBatch, layout: TableLayout) -> Sequence[pa.Array]:
    """The columns of a batch with local times instead of timestamps."""
    return [
        local_time(cells, layout.zone) if column.kind is Kind.TIMESTAMP else cells
        for column, cells in zip(layout.columns, rows.columns, strict=True)
    ]


def cell_texts(cells: pa.Array) -> pa.Array:
    """Every cell as text: empty for null, a local time as `YYYY-MM-DD HH:MM:SS`."""
    return pc.fill_null(cells.cast(TEXT), "")


def local_time(moments: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Local times to the second; null stays null."""
    seconds = np.floor_divide(
        np.asarray(pc.fill_null(moments.cast(INSTANT).cast(INTEGER), 0)), 1000
    )
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

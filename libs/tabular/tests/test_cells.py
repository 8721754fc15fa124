"""Local times of instants, in zones with and without changes of clocks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.tabular.cells import local_time

ZONES = [
    ZoneInfo(name)
    for name in ("America/Bogota", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
]


@given(
    st.lists(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), min_size=1),  # noqa: DTZ001 - made UTC below
    st.sampled_from(ZONES),
)
def test_times_are_local(moments: list[datetime], zone: ZoneInfo) -> None:
    instants = [moment.replace(tzinfo=UTC) for moment in moments]
    shown = local_time(pa.array(instants, pa.timestamp("ms", "UTC")), zone)

    assert shown.to_pylist() == [
        instant.astimezone(zone).replace(tzinfo=None, microsecond=0) for instant in instants
    ]


@pytest.mark.parametrize("minute", range(0, 24 * 60, 15))
def test_local_times_are_right_on_days_of_clock_changes(minute: int) -> None:
    zone = ZoneInfo("America/New_York")
    instant = datetime(2026, 3, 8, minute // 60, minute % 60, tzinfo=UTC)
    (shown,) = local_time(pa.array([instant], pa.timestamp("ms", "UTC")), zone).to_pylist()

    assert shown == instant.astimezone(zone).replace(tzinfo=None)

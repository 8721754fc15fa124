"""Presets and local dates become instants, in every time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.query_api.periods import ALWAYS, Preset, local_dates, preset_dates

BOGOTA = ZoneInfo("America/Bogota")
NEW_YORK = ZoneInfo("America/New_York")
THURSDAY = date(2026, 3, 5)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        (Preset.TODAY, date(2026, 3, 5), date(2026, 3, 5)),
        (Preset.YESTERDAY, date(2026, 3, 4), date(2026, 3, 4)),
        (Preset.LAST_7_DAYS, date(2026, 2, 27), date(2026, 3, 5)),
        (Preset.LAST_30_DAYS, date(2026, 2, 4), date(2026, 3, 5)),
        (Preset.THIS_WEEK, date(2026, 3, 2), date(2026, 3, 5)),
        (Preset.LAST_WEEK, date(2026, 2, 23), date(2026, 3, 1)),
        (Preset.THIS_MONTH, date(2026, 3, 1), date(2026, 3, 5)),
        (Preset.LAST_MONTH, date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_a_preset_names_its_first_and_last_day(preset: Preset, first: date, last: date) -> None:
    assert preset_dates(preset, THURSDAY) == (first, last)


def test_both_local_dates_are_inclusive() -> None:
    interval = local_dates(date(2026, 3, 5), date(2026, 3, 6), BOGOTA)

    assert interval.since == datetime(2026, 3, 5, 5, tzinfo=UTC)
    assert interval.until == datetime(2026, 3, 7, 5, tzinfo=UTC)


def test_a_day_on_which_clocks_change_is_whole() -> None:
    interval = local_dates(date(2026, 3, 8), date(2026, 3, 8), NEW_YORK)

    assert interval.since is not None
    assert interval.until is not None
    assert interval.until - interval.since == timedelta(hours=23)


def test_no_dates_leave_both_sides_open() -> None:
    assert local_dates(None, None, BOGOTA) == ALWAYS


@given(st.sampled_from(Preset), st.dates(min_value=date(1901, 1, 1), max_value=date(2200, 1, 1)))
def test_no_preset_ends_before_its_start_or_after_today(preset: Preset, today: date) -> None:
    first, last = preset_dates(preset, today)

    assert first <= last <= today

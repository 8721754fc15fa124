"""Periods of local dates, in the deployment's time zone, as half-open intervals of instants."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field

from vinculo.query_api.filter_errors import FieldRefusal, FieldRefusalCode, FilterInvalid
from vinculo.query_api.mongo import Expression
from vinculo.values.dates import IsoDate

LocalDate = Annotated[IsoDate, Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))]
"""A date as a parameter of a request."""


class Preset(StrEnum):
    """Named periods; weeks begin on Monday and the running ones end today."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Instants from `since` on and before `until`; None leaves that side open."""

    since: datetime | None = None
    until: datetime | None = None


ALWAYS: Final = Interval()


def preset_dates(preset: Preset, today: date) -> tuple[date, date]:
    """First and last local date of the period, both inclusive."""
    monday = today - timedelta(days=today.weekday())
    first_of_month = today.replace(day=1)
    match preset:
        case Preset.TODAY:
            return today, today
        case Preset.YESTERDAY:
            yesterday = today - timedelta(days=1)
            return yesterday, yesterday
        case Preset.LAST_7_DAYS:
            return today - timedelta(days=6), today
        case Preset.LAST_30_DAYS:
            return today - timedelta(days=29), today
        case Preset.THIS_WEEK:
            return monday, today
        case Preset.LAST_WEEK:
            return monday - timedelta(days=7), monday - timedelta(days=1)
        case Preset.THIS_MONTH:
            return first_of_month, today
        case Preset.LAST_MONTH:
            last = first_of_month - timedelta(days=1)
            return last.replace(day=1), last


def local_dates(first: date | None, last: date | None, zone: ZoneInfo) -> Interval:
    """The interval of the local dates from `first` to `last`, both inclusive.

    The day after `last` begins at its own midnight, so days of 23 or 25 hours are whole.
    """
    return Interval(
        since=None if first is None else _midnight(first, zone),
        until=None if last is None else _midnight(last + timedelta(days=1), zone),
    )


def ordered_local_dates(
    first: date | None, last: date | None, zone: ZoneInfo, *, first_field: str
) -> Interval:
    """The interval of the local dates.

    Raises:
        FilterInvalid: the first date is after the last.

    """
    if first is not None and last is not None and first > last:
        raise FilterInvalid(FieldRefusal(first_field, FieldRefusalCode.DATES_REVERSED))
    return local_dates(first, last, zone)


def within(field: str, interval: Interval) -> Expression:
    """MongoDB's condition that the field is in the interval; empty for an open interval."""
    bounds: dict[str, datetime] = {}
    if interval.since is not None:
        bounds["$gte"] = interval.since.astimezone(UTC)
    if interval.until is not None:
        bounds["$lt"] = interval.until.astimezone(UTC)
    return {field: bounds} if bounds else {}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)

"""How many people had which status at the end of each day.

Counted backwards from the current totals, so that only later changes are read. Erased people are in
no total of any day. An event that arrives late is counted at the hour of the event.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import Field
from typing_extensions import TypedDict

from vinculo.query_api.filter_errors import FieldRefusal, FieldRefusalCode, FilterInvalid
from vinculo.query_api.mongo import Collection
from vinculo.query_api.person_document.counters import (
    CounterDocument,
    HourlyGroup,
    block_of,
    hour_of,
    sum_counts,
    sum_status_history,
)

MAX_DAYS: Final = 366
DEFAULT_DAYS: Final = 30

PeopleByStatus: TypeAlias = Annotated[
    dict[str, dict[str, int]],
    Field(description="Number of people, by kind (pre_customer, customer) and status."),
]


_Day: TypeAlias = date


class DayTotals(TypedDict):
    """People at the end of a local day, or now on the running one."""

    date: Annotated[_Day, Field(description="The local date.")]
    by_status: PeopleByStatus


StatusTotals: TypeAlias = Mapping[tuple[str, str], int]
"""People by kind and status."""


def requested_days(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The first and last day to show: the last 30 unless given, and none after today.

    Raises:
        FilterInvalid: the first day is after the last, or there are more than 366 days.

    """
    shown_last = min(last or today, today)
    shown_first = first or shown_last - timedelta(days=DEFAULT_DAYS - 1)
    refusals = []
    if last is not None and shown_first > last:
        refusals.append(FieldRefusal("date_from", FieldRefusalCode.DATES_REVERSED))
    if (shown_last - shown_first).days >= MAX_DAYS:
        refusals.append(FieldRefusal("date_from", FieldRefusalCode.TOO_MANY_DAYS, MAX_DAYS))
    if refusals:
        raise FilterInvalid(*refusals)
    return shown_first, shown_last


async def read_daily_totals(
    counters: Collection[CounterDocument], first: date, last: date, zone: ZoneInfo
) -> list[DayTotals]:
    """One entry per local date, both inclusive."""
    since = block_of(_end_of_day(first, zone))
    documents = await counters.find(
        {"$or": [{"counts": {"$exists": True}}, {"block": {"$gte": since}}]}
    ).to_list(None)
    now: Counter[tuple[str, str]] = Counter()
    for group, people in sum_counts(documents).items():
        now[group.kind, group.status] += people
    days = totals_by_day(now, sum_status_history(documents), first, last, zone)
    return [{"date": day, "by_status": _by_kind(totals)} for day, totals in days]


def totals_by_day(
    now: StatusTotals,
    history: Mapping[HourlyGroup, int],
    first: date,
    last: date,
    zone: ZoneInfo,
) -> list[tuple[date, StatusTotals]]:
    """The totals at the end of each day.

    `history` must have all hours since the end of the first day.
    """
    changes = sorted(history.items(), key=lambda change: change[0].hour)
    totals = Counter(now)
    days: list[tuple[date, StatusTotals]] = []
    for day in _days_backwards(first, last):
        end = _end_of_day(day, zone)
        while changes and changes[-1][0].hour >= end:
            group, change = changes.pop()
            totals[group.kind, group.status] -= change
        days.append((day, {status: people for status, people in totals.items() if people}))
    return days[::-1]


def _days_backwards(first: date, last: date) -> Iterator[date]:
    for days in range((last - first).days + 1):
        yield last - timedelta(days=days)


def _end_of_day(day: date, zone: ZoneInfo) -> int:
    """The first hour of the next day; in half-hour zones, the hour that contains midnight."""
    return hour_of(datetime.combine(day + timedelta(days=1), time.min, zone))


def _by_kind(totals: StatusTotals) -> dict[str, dict[str, int]]:
    kinds: dict[str, dict[str, int]] = {}
    for (kind, status), people in totals.items():
        kinds.setdefault(kind, {})[status] = people
    return kinds

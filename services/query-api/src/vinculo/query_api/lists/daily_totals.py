"""How many people were in which status at the end of each day.

Counted backwards from the totals of now, so that only what happened since is read. The erased are
in no total, of no day; who came late into the log is counted at the hour when it happened.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from vinculo.query_api.mongo import Collection
from vinculo.query_api.person_document.counters import (
    HourlyGroup,
    block_of,
    hour_of,
    sum_counts,
    sum_status_history,
)

MAX_DAYS: Final = 366

Statuses = Mapping[tuple[str, str], int]
"""People by kind and status."""


async def read_daily_totals(
    counters: Collection, first: date, last: date, zone: ZoneInfo
) -> list[dict[str, Any]]:
    """One entry per local date, both inclusive."""
    since = block_of(_end_of(first, zone))
    documents = await counters.find(
        {"$or": [{"counts": {"$exists": True}}, {"block": {"$gte": since}}]}
    ).to_list(None)
    now: Counter[tuple[str, str]] = Counter()
    for group, people in sum_counts(documents).items():
        now[group.kind, group.status] += people
    days = daily_totals(now, sum_status_history(documents), first, last, zone)
    return [{"date": day, "by_status": _by_kind(statuses)} for day, statuses in days]


def daily_totals(
    now: Statuses, history: Mapping[HourlyGroup, int], first: date, last: date, zone: ZoneInfo
) -> list[tuple[date, Statuses]]:
    """`history` has to hold everything since the end of the first day."""
    later = sorted(history.items(), key=lambda change: change[0].hour)
    standing = Counter(now)
    found: list[tuple[date, Statuses]] = []
    for day in _backwards(first, last):
        end = _end_of(day, zone)
        while later and later[-1][0].hour >= end:
            group, change = later.pop()
            standing[group.kind, group.status] -= change
        found.append((day, {status: people for status, people in standing.items() if people}))
    return found[::-1]


def _backwards(first: date, last: date) -> Iterator[date]:
    for days in range((last - first).days + 1):
        yield last - timedelta(days=days)


def _end_of(day: date, zone: ZoneInfo) -> int:
    """The first hour of the day after; in zones half an hour off, that which holds midnight."""
    return hour_of(datetime.combine(day + timedelta(days=1), time.min, zone))


def _by_kind(statuses: Statuses) -> dict[str, dict[str, int]]:
    kinds: dict[str, dict[str, int]] = {}
    for (kind, status), people in statuses.items():
        kinds.setdefault(kind, {})[status] = people
    return kinds

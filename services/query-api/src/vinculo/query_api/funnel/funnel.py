"""Counts the people who registered in a period by the steps that they have completed.

One pass in MongoDB, through the index by registration, gives a few small groups; everything else is
a sum over these. Durations are counted in buckets of a sixteenth of a doubling, so percentiles of
any number of people are cheap and right to about two per cent; the first bucket is for durations
under a second.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from vinculo.contracts.customer_registry import Kind, Status
from vinculo.query_api.filter_errors import FieldRefusal, FieldRefusalCode, FilterInvalid
from vinculo.query_api.periods import Interval, Preset, preset_dates, within
from vinculo.query_api.person_document.schema import (
    HAS_LOANS,
    KIND,
    PROJECT,
    REGISTERED_AT,
    STATUS,
)

MAX_FUNNEL_DAYS: Final = 366
DEFAULT_DAYS: Final = 30
BUCKETS_PER_DOUBLING: Final = 16


class FunnelStep(StrEnum):
    REGISTERED = "registered"
    ACTIVATED = "activated"
    EMPLOYMENT = "employment"
    DOCUMENTS = "documents"
    COMPLETED = "completed"
    PROMOTED = "promoted"


COMPLETED_AT: Final = {
    FunnelStep.REGISTERED: "$registered_at",
    FunnelStep.ACTIVATED: "$application.activated_at",
    FunnelStep.EMPLOYMENT: "$application.first_employment_at",
    FunnelStep.DOCUMENTS: "$application.documents_provided_at",
    FunnelStep.COMPLETED: "$application.completed_at",
    FunnelStep.PROMOTED: "$registry.promoted_at",
}
"""The field of a person's document with the time of each step, in the order of the steps.

A step may be completed before an earlier one; its duration is then zero.
"""

STEPS: Final = tuple(COMPLETED_AT)
_TIMED_STEPS: Final = STEPS[1:]
_GROUP_FIELDS: Final = ("day", "channel", "project", "stopped")

FunnelGroup: TypeAlias = Mapping[str, Any]


def registration_dates(
    preset: Preset | None, first: date | None, last: date | None, today: date
) -> tuple[date, date]:
    """The first and last local date of registration: the last 30 days unless given.

    Raises:
        FilterInvalid: dates contradict each other, or are more than a year apart.

    """
    if preset is not None:
        if first is not None or last is not None:
            raise FilterInvalid(FieldRefusal("created", FieldRefusalCode.PRESET_AND_DATES))
        return preset_dates(preset, today)
    last = last or today
    first = first or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise FilterInvalid(FieldRefusal("created_from", FieldRefusalCode.DATES_REVERSED))
    if (last - first).days >= MAX_FUNNEL_DAYS:
        raise FilterInvalid(
            FieldRefusal("created_from", FieldRefusalCode.TOO_MANY_DAYS, MAX_FUNNEL_DAYS)
        )
    return first, last


def funnel_pipeline(
    period: Interval, zone: ZoneInfo, *, channel: str | None, project: str | None
) -> list[dict[str, Any]]:
    """MongoDB's pipeline, whose one document has `groups` and `durations`.

    Groups are by day of registration, channel, project and the step after which people stopped.
    """
    chosen = {"application.channel": channel, PROJECT: project}
    return [
        {
            "$match": {
                KIND: {"$in": [str(kind) for kind in Kind]},
                STATUS: {"$in": [str(status) for status in Status]},
                HAS_LOANS: {"$in": [0, 1]},
                **within(REGISTERED_AT, period),
                **{field: value for field, value in chosen.items() if value is not None},
            }
        },
        {
            "$project": {
                "day": {
                    "$dateToString": {
                        "date": COMPLETED_AT[FunnelStep.REGISTERED],
                        "format": "%Y-%m-%d",
                        "timezone": zone.key,
                    }
                },
                "channel": "$application.channel",
                "project": f"${PROJECT}",
                "done": [{"$ne": [_or_null(COMPLETED_AT[step]), None]} for step in STEPS],
                "durations": [_duration_bucket(step) for step in _TIMED_STEPS],
            }
        },
        {"$set": {"stopped": {"$indexOfArray": ["$done", False]}}},
        {
            "$facet": {
                "groups": [
                    {
                        "$group": {
                            "_id": {name: f"${name}" for name in _GROUP_FIELDS},
                            "people": {"$sum": 1},
                            **{step.value: {"$sum": _one_if(n)} for n, step in enumerate(STEPS)},
                        }
                    }
                ],
                "durations": [
                    {"$unwind": {"path": "$durations", "includeArrayIndex": "step"}},
                    {"$match": {"durations": {"$ne": None}}},
                    {
                        "$group": {
                            "_id": {"step": "$step", "bucket": "$durations"},
                            "people": {"$sum": 1},
                        }
                    },
                ],
            }
        },
    ]


def _duration_bucket(step: FunnelStep) -> dict[str, Any]:
    """The bucket of the time since the latest earlier step; null when the step is not completed."""
    before = [_or_null(COMPLETED_AT[each]) for each in STEPS[: STEPS.index(step)]]
    duration = {"$max": [0, {"$subtract": [COMPLETED_AT[step], {"$max": before}]}]}
    not_completed = {"$eq": [_or_null(COMPLETED_AT[step]), None]}
    return {"$cond": [not_completed, None, bucket_expression(duration)]}


def _or_null(moment: str) -> dict[str, Any]:
    return {"$ifNull": [moment, None]}


def _one_if(step: int) -> dict[str, Any]:
    return {"$cond": [{"$arrayElemAt": ["$done", step]}, 1, 0]}


def bucket_expression(milliseconds: Any) -> dict[str, Any]:  # noqa: ANN401 - an expression
    """MongoDB's expression for the bucket of a non-negative duration."""
    seconds = {"$divide": [milliseconds, 1000]}
    return {
        "$cond": [
            {"$lt": [seconds, 1]},
            0,
            {
                "$add": [
                    1,
                    {
                        "$toInt": {
                            "$floor": {"$multiply": [{"$log": [seconds, 2]}, BUCKETS_PER_DOUBLING]}
                        }
                    },
                ]
            },
        ]
    }


def seconds_of(bucket: int) -> float:
    """The geometric middle of the bucket."""
    if bucket == 0:
        return 0.0
    return float(2 ** ((bucket - 0.5) / BUCKETS_PER_DOUBLING))


def percentile(buckets: Mapping[int, int], share: float) -> float | None:
    """Seconds that this share of all durations does not exceed; None when there are none."""
    rank = math.ceil(share * sum(buckets.values()))
    for bucket in sorted(buckets):
        rank -= buckets[bucket]
        if rank <= 0:
            return seconds_of(bucket)
    return None


def funnel_of(groups: Sequence[FunnelGroup], durations: Iterable[FunnelGroup]) -> dict[str, Any]:
    """The funnel by step, by day, and by channel and project, from the pipeline's result."""
    buckets: dict[FunnelStep, dict[int, int]] = {step: {} for step in STEPS}
    for duration in durations:
        step = _TIMED_STEPS[duration["_id"]["step"]]
        buckets[step][duration["_id"]["bucket"]] = duration["people"]
    stops, total = _stops(groups), _sums(groups)
    return {
        "people": sum(group["people"] for group in groups),
        "steps": [
            {
                "step": step,
                "reached": total[step],
                "stopped_after": stops[step],
                "median_seconds": percentile(buckets[step], 0.5),
                "p95_seconds": percentile(buckets[step], 0.95),
            }
            for step in STEPS
        ],
        "days": [{"date": day, **_counts(of_day)} for (day,), of_day in _grouped(groups, "day")],
        "by_channel_and_project": [
            {"channel": channel, "project": project, **_counts(of_both)}
            for (channel, project), of_both in _grouped(groups, "channel", "project")
        ],
    }


def _grouped(
    groups: Iterable[FunnelGroup], *names: str
) -> list[tuple[tuple[str, ...], list[FunnelGroup]]]:
    found: dict[tuple[str, ...], list[FunnelGroup]] = {}
    for group in groups:
        found.setdefault(tuple(str(group["_id"].get(name)) for name in names), []).append(group)
    return sorted(found.items())


def _counts(groups: Sequence[FunnelGroup]) -> dict[str, Any]:
    stops = _stops(groups)
    return {**_sums(groups), "stopped_after": {step.value: stops[step] for step in STEPS}}


def _stops(groups: Iterable[FunnelGroup]) -> Counter[FunnelStep]:
    """People by the last step that they completed; none stop after the last one."""
    stops: Counter[FunnelStep] = Counter()
    for group in groups:
        if (stopped := group["_id"]["stopped"]) > 0:
            stops[STEPS[stopped - 1]] += group["people"]
    return stops


def _sums(groups: Iterable[FunnelGroup]) -> dict[str, int]:
    sums = dict.fromkeys((step.value for step in STEPS), 0)
    for group in groups:
        for step in sums:
            sums[step] += group[step]
    return sums

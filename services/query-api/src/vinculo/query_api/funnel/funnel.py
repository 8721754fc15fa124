"""The steps of the funnel, each with the moment in a person's document at which it is done."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from vinculo.contracts.customer_registry import Kind, Status
from vinculo.query_api.periods import Interval, within
from vinculo.query_api.person_document.schema import HAS_LOANS, KIND, PROJECT, REGISTERED_AT, STATUS


class FunnelStep(StrEnum):
    REGISTERED = "registered"
    ACTIVATED = "activated"
    EMPLOYMENT = "employment"
    DOCUMENTS = "documents"
    COMPLETED = "completed"
    PROMOTED = "promoted"


MOMENTS: Final = {
    FunnelStep.REGISTERED: "$registered_at",
    FunnelStep.ACTIVATED: "$application.activated_at",
    FunnelStep.EMPLOYMENT: "$application.first_employment_at",
    FunnelStep.DOCUMENTS: "$application.documents_provided_at",
    FunnelStep.COMPLETED: "$application.completed_at",
    FunnelStep.PROMOTED: "$registry.promoted_at",
}
"""In the order of the way. A later step may be done before an earlier one; then it took no time."""

STEPS: Final = tuple(MOMENTS)


BUCKETS_IN_DOUBLING: Final = 16


def bucket_expression(milliseconds: Any) -> dict[str, Any]:  # noqa: ANN401 - an expression
    """MongoDB's expression for the bucket of a duration of at least zero."""
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
                            "$floor": {"$multiply": [{"$log": [seconds, 2]}, BUCKETS_IN_DOUBLING]}
                        }
                    },
                ]
            },
        ]
    }


def seconds_of(bucket: int) -> float:
    """The middle of the bucket, as near to both its ends in proportion."""
    if bucket == 0:
        return 0.0
    return float(2 ** ((bucket - 0.5) / BUCKETS_IN_DOUBLING))


def percentile(buckets: Mapping[int, int], share: float) -> float | None:
    """Seconds within which this share of all durations lies; None when there are none."""
    rank = math.ceil(share * sum(buckets.values()))
    for bucket in sorted(buckets):
        rank -= buckets[bucket]
        if rank <= 0:
            return seconds_of(bucket)
    return None


FunnelGroup = Mapping[str, Any]

_TIMED: Final = STEPS[1:]
_WAY: Final = ("day", "channel", "project", "stopped")


def funnel_pipeline(
    period: Interval, zone: ZoneInfo, *, channel: str | None, project: str | None
) -> list[dict[str, Any]]:
    """Groups of the ways people took, and how often a step took how long."""
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
                        "date": MOMENTS[FunnelStep.REGISTERED],
                        "format": "%Y-%m-%d",
                        "timezone": zone.key,
                    }
                },
                "channel": "$application.channel",
                "project": f"${PROJECT}",
                "done": [{"$ne": [_or_null(MOMENTS[step]), None]} for step in STEPS],
                "times": [_bucket(step) for step in _TIMED],
            }
        },
        {"$set": {"stopped": {"$indexOfArray": ["$done", False]}}},
        {
            "$facet": {
                "ways": [
                    {
                        "$group": {
                            "_id": {name: f"${name}" for name in _WAY},
                            "people": {"$sum": 1},
                            **{step.value: {"$sum": _one_if(n)} for n, step in enumerate(STEPS)},
                        }
                    }
                ],
                "times": [
                    {"$unwind": {"path": "$times", "includeArrayIndex": "step"}},
                    {"$match": {"times": {"$ne": None}}},
                    {
                        "$group": {
                            "_id": {"step": "$step", "bucket": "$times"},
                            "people": {"$sum": 1},
                        }
                    },
                ],
            }
        },
    ]


def _bucket(step: FunnelStep) -> dict[str, Any]:
    """Of the time since the latest of the steps before this one; null where it is not done."""
    before = [_or_null(MOMENTS[each]) for each in STEPS[: STEPS.index(step)]]
    took = {"$max": [0, {"$subtract": [MOMENTS[step], {"$max": before}]}]}
    not_done = {"$eq": [_or_null(MOMENTS[step]), None]}
    return {"$cond": [not_done, None, bucket_expression(took)]}


def _or_null(moment: str) -> dict[str, Any]:
    return {"$ifNull": [moment, None]}


def _one_if(step: int) -> dict[str, Any]:
    return {"$cond": [{"$arrayElemAt": ["$done", step]}, 1, 0]}


def funnel_of(ways: Sequence[FunnelGroup], times: Iterable[FunnelGroup]) -> dict[str, Any]:
    """What the groups tell: by step, by day, by channel and project."""
    buckets: dict[FunnelStep, dict[int, int]] = {step: {} for step in STEPS}
    for time in times:
        buckets[_TIMED[time["_id"]["step"]]][time["_id"]["bucket"]] = time["people"]
    stops, total = _stops(ways), _sums(ways)
    return {
        "people": sum(way["people"] for way in ways),
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
        "days": [{"date": day, **_counts(group)} for (day,), group in _grouped(ways, "day")],
        "by_channel_and_project": [
            {"channel": channel, "project": project, **_counts(group)}
            for (channel, project), group in _grouped(ways, "channel", "project")
        ],
    }


def _grouped(
    ways: Iterable[FunnelGroup], *names: str
) -> list[tuple[tuple[str, ...], list[FunnelGroup]]]:
    groups: dict[tuple[str, ...], list[FunnelGroup]] = {}
    for way in ways:
        groups.setdefault(tuple(str(way["_id"].get(name)) for name in names), []).append(way)
    return sorted(groups.items())


def _counts(ways: Sequence[FunnelGroup]) -> dict[str, Any]:
    stops = _stops(ways)
    return {**_sums(ways), "stopped_after": {step.value: stops[step] for step in STEPS}}


def _stops(ways: Iterable[FunnelGroup]) -> Counter[FunnelStep]:
    """By the step after which people did no more; nobody stops after the last."""
    stops: Counter[FunnelStep] = Counter()
    for way in ways:
        if (stopped := way["_id"]["stopped"]) > 0:
            stops[STEPS[stopped - 1]] += way["people"]
    return stops


def _sums(ways: Iterable[FunnelGroup]) -> dict[str, int]:
    sums = dict.fromkeys((step.value for step in STEPS), 0)
    for way in ways:
        for step in sums:
            sums[step] += way[step]
    return sums

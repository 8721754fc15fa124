"""Counting the people who registered in a period, by how far they have come.

One pass over them in MongoDB, through the index by registration, gives a few small groups; the rest
is sums of these.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from vinculo.contracts.customer_registry import Kind, Status
from vinculo.query_api.funnel.durations import bucket_expression, percentile
from vinculo.query_api.funnel.steps import MOMENTS, STEPS, Step
from vinculo.query_api.lists.dates import Interval
from vinculo.query_api.lists.filters import within
from vinculo.query_api.person_document.schema import HAS_LOANS, KIND, PROJECT, REGISTERED_AT, STATUS

Group = Mapping[str, Any]

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
                        "date": MOMENTS[Step.REGISTERED],
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


def _bucket(step: Step) -> dict[str, Any]:
    """Of the time since the latest of the steps before this one; null where it is not done."""
    before = [_or_null(MOMENTS[each]) for each in STEPS[: STEPS.index(step)]]
    took = {"$max": [0, {"$subtract": [MOMENTS[step], {"$max": before}]}]}
    not_done = {"$eq": [_or_null(MOMENTS[step]), None]}
    return {"$cond": [not_done, None, bucket_expression(took)]}


def _or_null(moment: str) -> dict[str, Any]:
    return {"$ifNull": [moment, None]}


def _one_if(step: int) -> dict[str, Any]:
    return {"$cond": [{"$arrayElemAt": ["$done", step]}, 1, 0]}


def funnel_of(ways: Sequence[Group], times: Iterable[Group]) -> dict[str, Any]:
    """What the groups tell: by step, by day, by channel and project."""
    buckets: dict[Step, dict[int, int]] = {step: {} for step in STEPS}
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


def _grouped(ways: Iterable[Group], *names: str) -> list[tuple[tuple[str, ...], list[Group]]]:
    groups: dict[tuple[str, ...], list[Group]] = {}
    for way in ways:
        groups.setdefault(tuple(str(way["_id"].get(name)) for name in names), []).append(way)
    return sorted(groups.items())


def _counts(ways: Sequence[Group]) -> dict[str, Any]:
    stops = _stops(ways)
    return {**_sums(ways), "stopped_after": {step.value: stops[step] for step in STEPS}}


def _stops(ways: Iterable[Group]) -> Counter[Step]:
    """By the step after which people did no more; nobody stops after the last."""
    stops: Counter[Step] = Counter()
    for way in ways:
        if (stopped := way["_id"]["stopped"]) > 0:
            stops[STEPS[stopped - 1]] += way["people"]
    return stops


def _sums(ways: Iterable[Group]) -> dict[str, int]:
    sums = dict.fromkeys((step.value for step in STEPS), 0)
    for way in ways:
        for step in sums:
            sums[step] += way[step]
    return sums

"""Counts the people who registered in a period by the steps that they have completed.

One pass in MongoDB, through the index by registration, gives a few small groups; everything else is
a sum over these. Durations are counted in buckets of a sixteenth of a doubling, so percentiles of
any number of people are cheap and right to about two per cent. Bucket 0 is for durations of zero,
bucket 1 begins at a millisecond.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final, NotRequired, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field
from typing_extensions import TypedDict

from vinculo.contracts.customer_registry import Kind, Status
from vinculo.query_api.filter_errors import FieldRefusal, FieldRefusalCode, FilterInvalid
from vinculo.query_api.mongo import Expression
from vinculo.query_api.periods import Interval, Preset, preset_dates, within
from vinculo.query_api.person_document.schema import HAS_LOANS, KIND, PROJECT, REGISTERED_AT, STATUS

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


class StepCounts(TypedDict):
    """Number of people who have completed each step."""

    registered: Annotated[int, Field(description="People who have registered.")]
    activated: Annotated[int, Field(description="Whose e-mail address is verified.")]
    employment: Annotated[int, Field(description="Who have declared their employment.")]
    documents: Annotated[int, Field(description="Who have sent the required documents.")]
    completed: Annotated[int, Field(description="Who have completed the application.")]
    promoted: Annotated[int, Field(description="Who have become customers.")]


class GroupKey(TypedDict):
    """`stopped` is the number of completed steps before the first that is not; -1 when all are."""

    day: str
    channel: NotRequired[str]
    project: NotRequired[str]
    stopped: int


class FunnelGroup(StepCounts):
    _id: GroupKey
    people: int


class DurationKey(TypedDict):
    step: int
    bucket: int


class DurationGroup(TypedDict):
    _id: DurationKey
    people: int


class PipelineResult(TypedDict):
    groups: list[FunnelGroup]
    durations: list[DurationGroup]


Names = TypeVar("Names", bound=tuple[str, ...])
StoppedAfter: TypeAlias = Annotated[
    dict[str, int],
    Field(description="Number of people by the last step that they have completed."),
]


class ShownStep(TypedDict):
    """One step of the funnel."""

    step: Annotated[FunnelStep, Field(description="The name of the step.")]
    reached: Annotated[int, Field(description="Number of people who have completed it.")]
    stopped_after: Annotated[int, Field(description="Those of them who stopped there.")]
    median_seconds: Annotated[
        float | None, Field(description="Median of the seconds since the step before.")
    ]
    p95_seconds: Annotated[
        float | None, Field(description="95th percentile of the seconds since the step before.")
    ]


class DayOfFunnel(StepCounts):
    """People by the local date of their registration."""

    date: Annotated[str, Field(description="The local date.", json_schema_extra={"format": "date"})]
    stopped_after: StoppedAfter


class ChannelOfFunnel(StepCounts):
    """People by channel and project."""

    channel: Annotated[str, Field(description="Where they registered: web or mobile.")]
    project: Annotated[str, Field(description="The project of their registration.")]
    stopped_after: StoppedAfter


class Funnel(TypedDict):
    people: Annotated[int, Field(description="Number of people who registered in the period.")]
    steps: Annotated[list[ShownStep], Field(description="All steps, in their order.")]
    days: Annotated[list[DayOfFunnel], Field(description="The first day first.")]
    by_channel_and_project: Annotated[
        list[ChannelOfFunnel], Field(description="Each combination that a person has.")
    ]


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
) -> list[Expression]:
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


def _duration_bucket(step: FunnelStep) -> Expression:
    """The bucket of the time since the latest earlier step; null when the step is not completed."""
    before = [_or_null(COMPLETED_AT[each]) for each in STEPS[: STEPS.index(step)]]
    duration = {"$max": [0, {"$subtract": [COMPLETED_AT[step], {"$max": before}]}]}
    not_completed = {"$eq": [_or_null(COMPLETED_AT[step]), None]}
    return {"$cond": [not_completed, None, bucket_expression(duration)]}


def _or_null(moment: str) -> Expression:
    return {"$ifNull": [moment, None]}


def _one_if(step: int) -> Expression:
    return {"$cond": [{"$arrayElemAt": ["$done", step]}, 1, 0]}


def bucket_expression(milliseconds: Expression | float) -> Expression:
    """MongoDB's expression for the bucket of a non-negative duration."""
    return {
        "$cond": [
            {"$lt": [milliseconds, 1]},
            0,
            {
                "$add": [
                    1,
                    {
                        "$toInt": {
                            "$floor": {
                                "$multiply": [{"$log": [milliseconds, 2]}, BUCKETS_PER_DOUBLING]
                            }
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
    return round(2 ** ((bucket - 0.5) / BUCKETS_PER_DOUBLING) / 1000, 6)


def percentile(buckets: Mapping[int, int], share: float) -> float | None:
    """Seconds that this share of all durations does not exceed; None when there are none."""
    rank = math.ceil(share * sum(buckets.values()))
    for bucket in sorted(buckets):
        rank -= buckets[bucket]
        if rank <= 0:
            return seconds_of(bucket)
    return None


def funnel_of(groups: Sequence[FunnelGroup], durations: Iterable[DurationGroup]) -> Funnel:
    """The funnel by step, by day, and by channel and project, from the pipeline's result."""
    buckets: dict[FunnelStep, dict[int, int]] = {step: {} for step in STEPS}
    for duration in durations:
        step = _TIMED_STEPS[duration["_id"]["step"]]
        buckets[step][duration["_id"]["bucket"]] = duration["people"]
    stops, counts = _stops(groups), _step_counts(groups)
    by_day = _grouped(groups, lambda key: (key["day"],))
    by_channel = _grouped(groups, lambda key: (str(key.get("channel")), str(key.get("project"))))
    return {
        "people": sum(group["people"] for group in groups),
        "steps": [
            {
                "step": step,
                "reached": counts[step.value],
                "stopped_after": stops[step],
                "median_seconds": percentile(buckets[step], 0.5),
                "p95_seconds": percentile(buckets[step], 0.95),
            }
            for step in STEPS
        ],
        "days": [
            {"date": day, **_step_counts(of_day), "stopped_after": _stopped_after(of_day)}
            for (day,), of_day in by_day
        ],
        "by_channel_and_project": [
            {
                "channel": channel,
                "project": project,
                **_step_counts(of_both),
                "stopped_after": _stopped_after(of_both),
            }
            for (channel, project), of_both in by_channel
        ],
    }


def _grouped(
    groups: Iterable[FunnelGroup], name_of: Callable[[GroupKey], Names]
) -> list[tuple[Names, list[FunnelGroup]]]:
    found: dict[Names, list[FunnelGroup]] = {}
    for group in groups:
        found.setdefault(name_of(group["_id"]), []).append(group)
    return sorted(found.items())


def _stopped_after(groups: Sequence[FunnelGroup]) -> dict[str, int]:
    stops = _stops(groups)
    return {step.value: stops[step] for step in STEPS}


def _stops(groups: Iterable[FunnelGroup]) -> Counter[FunnelStep]:
    """People by the last step that they completed; none stop after the last one."""
    stops: Counter[FunnelStep] = Counter()
    for group in groups:
        if (stopped := group["_id"]["stopped"]) > 0:
            stops[STEPS[stopped - 1]] += group["people"]
    return stops


def _step_counts(groups: Sequence[FunnelGroup]) -> StepCounts:
    return {
        "registered": sum(group["registered"] for group in groups),
        "activated": sum(group["activated"] for group in groups),
        "employment": sum(group["employment"] for group in groups),
        "documents": sum(group["documents"] for group in groups),
        "completed": sum(group["completed"] for group in groups),
        "promoted": sum(group["promoted"] for group in groups),
    }

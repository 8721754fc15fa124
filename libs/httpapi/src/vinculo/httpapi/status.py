"""`/health/status`: what an operator should look at in this process, from its own metrics.

Readiness says whether the process can do what is requested; this says whether its work goes on. The
page of alarms in the operating guide says what to do about each entry.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from prometheus_client import REGISTRY, CollectorRegistry

STILL_SECONDS: Final = 60.0
HUNG_SECONDS: Final = 45.0
"""A relay that leads has a statement every second, and none for 30 seconds while it sends."""


class Severity(StrEnum):
    RED = "red"
    ATTENTION = "attention"


Clock: TypeAlias = Callable[[], float]
IsBad: TypeAlias = Callable[[float, float], bool]
"""Whether the value of a sample is bad at this time."""


def _is_positive(value: float, _now: float) -> bool:
    return value > 0


def _is_zero(value: float, _now: float) -> bool:
    return value == 0


def _is_long(value: float, _now: float) -> bool:
    return value > STILL_SECONDS


def _is_hung(value: float, _now: float) -> bool:
    return value > HUNG_SECONDS


def _is_old(value: float, now: float) -> bool:
    """0 is the value of a time that was never set."""
    return 0 < value < now - STILL_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRule:
    """`metric` is the name of a sample, `alarm` that of the entry when it is bad."""

    metric: str
    alarm: str
    is_bad: IsBad
    severity: Severity = Severity.RED


RULES: Final[Mapping[str, StatusRule]] = MappingProxyType(
    {
        rule.metric: rule
        for rule in (
            StatusRule(
                metric="vinculo_outbox_oldest_age_seconds", alarm="relay-still", is_bad=_is_long
            ),
            StatusRule(
                metric="vinculo_outbox_measured_timestamp_seconds",
                alarm="outbox-not-measured",
                is_bad=_is_old,
            ),
            StatusRule(
                metric="vinculo_relay_leader_silent_seconds",
                alarm="relay-leader-hung",
                is_bad=_is_hung,
            ),
            StatusRule(
                metric="vinculo_relay_halted_categories",
                alarm="topic-recreated",
                is_bad=_is_positive,
            ),
            StatusRule(
                metric="vinculo_consumer_paused_partitions",
                alarm="partition-waiting",
                is_bad=_is_positive,
            ),
            StatusRule(
                metric="vinculo_consumer_stalled_partitions",
                alarm="consumer-stalled",
                is_bad=_is_positive,
            ),
            StatusRule(
                metric="vinculo_projector_paused_partitions",
                alarm="partition-waiting",
                is_bad=_is_positive,
            ),
            StatusRule(
                metric="vinculo_projector_stalled_partitions",
                alarm="projector-stalled",
                is_bad=_is_positive,
            ),
            StatusRule(
                metric="vinculo_projector_last_poll_timestamp_seconds",
                alarm="projector-still",
                is_bad=_is_old,
            ),
            StatusRule(
                metric="vinculo_topic_reader_current",
                alarm="revocations-not-current",
                is_bad=_is_zero,
            ),
            StatusRule(
                metric="documents_overdue_erasures", alarm="erasure-overdue", is_bad=_is_positive
            ),
            StatusRule(
                metric="vinculo_relay_hung_leaders_total",
                alarm="hung-leader-ended",
                is_bad=_is_positive,
                severity=Severity.ATTENTION,
            ),
            StatusRule(
                metric="vinculo_consumer_dead_lettered_records_total",
                alarm="records-dead-lettered",
                is_bad=_is_positive,
                severity=Severity.ATTENTION,
            ),
            StatusRule(
                metric="vinculo_projector_quarantined_streams_total",
                alarm="streams-quarantined",
                is_bad=_is_positive,
                severity=Severity.ATTENTION,
            ),
        )
    }
)
"""Counters are of the time since the process started, so they never turn it red."""


def process_status(
    *,
    missing: Iterable[str] = (),
    degraded: Iterable[str] = (),
    registry: CollectorRegistry = REGISTRY,
    clock: Clock = time.time,
) -> dict[str, Any]:
    """`status` (`ok`, `attention` or `red`) and `alarms`, each with severity, value and labels.

    `missing` are failed checks of readiness, `degraded` what the process does without.
    """
    alarms: list[dict[str, Any]] = [
        *({"alarm": f"not-ready-{name}", "severity": Severity.RED} for name in missing),
        *({"alarm": f"without-{name}", "severity": Severity.ATTENTION} for name in degraded),
        *_alarms_of_metrics(registry, clock()),
    ]
    severities = {alarm["severity"] for alarm in alarms}
    status = next((each.value for each in Severity if each in severities), "ok")
    return {"status": status, "alarms": alarms}


def _alarms_of_metrics(registry: CollectorRegistry, now: float) -> Iterator[dict[str, Any]]:
    for family in registry.collect():
        for sample in family.samples:
            rule = RULES.get(sample.name)
            if rule is not None and rule.is_bad(sample.value, now):
                yield {
                    "alarm": rule.alarm,
                    "severity": rule.severity,
                    "metric": rule.metric,
                    "value": sample.value,
                    "labels": dict(sample.labels),
                }

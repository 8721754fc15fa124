"""What an operator should look at in a process, from its metrics."""

from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge

from vinculo.httpapi.status import RULES, process_status

from .api_under_test import caller, things_app

NOW = 1_000_000.0


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def status(registry: CollectorRegistry, **parts: Any) -> dict[str, Any]:
    return process_status(registry=registry, clock=lambda: NOW, **parts)


def gauge(registry: CollectorRegistry, name: str, value: float) -> None:
    Gauge(name, name, ("of",), registry=registry).labels("x").set(value)


def test_a_process_without_metrics_is_ok(registry: CollectorRegistry) -> None:
    assert status(registry) == {"status": "ok", "alarms": []}


@pytest.mark.parametrize(
    ("name", "good", "bad", "alarm"),
    [
        ("vinculo_outbox_oldest_age_seconds", 59, 61, "relay-still"),
        ("vinculo_outbox_measured_timestamp_seconds", NOW - 59, NOW - 61, "outbox-not-measured"),
        ("vinculo_relay_halted_categories", 0, 1, "topic-recreated"),
        ("vinculo_relay_leader_silent_seconds", 44, 46, "relay-leader-hung"),
        ("vinculo_consumer_paused_partitions", 0, 2, "partition-waiting"),
        ("vinculo_consumer_stalled_partitions", 0, 1, "consumer-stalled"),
        ("vinculo_projector_paused_partitions", 0, 1, "partition-waiting"),
        ("vinculo_projector_stalled_partitions", 0, 1, "projector-stalled"),
        ("vinculo_projector_last_poll_timestamp_seconds", NOW - 1, NOW - 70, "projector-still"),
        ("vinculo_topic_reader_current", 1, 0, "revocations-not-current"),
        ("documents_overdue_erasures", 0, 1, "erasure-overdue"),
    ],
)
def test_a_bad_value_is_red(
    registry: CollectorRegistry, name: str, good: float, bad: float, alarm: str
) -> None:
    gauge(registry, name, good)
    assert status(registry)["status"] == "ok"

    other = CollectorRegistry()
    gauge(other, name, bad)
    assert status(other) == {
        "status": "red",
        "alarms": [
            {
                "alarm": alarm,
                "severity": "red",
                "metric": name,
                "value": bad,
                "labels": {"of": "x"},
            }
        ],
    }


@pytest.mark.parametrize(
    "name",
    [
        "vinculo_relay_hung_leaders",
        "vinculo_consumer_dead_lettered_records",
        "vinculo_projector_quarantined_streams",
    ],
)
def test_what_was_counted_since_the_start_is_never_red(
    registry: CollectorRegistry, name: str
) -> None:
    counter = Counter(name, name, ("of",), registry=registry).labels("x")
    assert status(registry)["status"] == "ok"
    counter.inc()
    assert status(registry)["status"] == "attention"


def test_a_time_that_was_never_set_is_not_old(registry: CollectorRegistry) -> None:
    gauge(registry, "vinculo_outbox_measured_timestamp_seconds", 0)

    assert status(registry)["status"] == "ok"


def test_failed_checks_are_red_and_degradations_ask_for_attention(
    registry: CollectorRegistry,
) -> None:
    found = status(registry, missing=["database"], degraded=["revocations"])

    assert found["status"] == "red"
    assert [(each["alarm"], each["severity"]) for each in found["alarms"]] == [
        ("not-ready-database", "red"),
        ("without-revocations", "attention"),
    ]
    assert status(registry, degraded=["revocations"])["status"] == "attention"


def test_each_rule_is_of_a_metric_that_exists_once() -> None:
    assert len(RULES) == len({rule.metric for rule in RULES.values()}) == 14


async def passing() -> None:
    pass


async def failing() -> None:
    raise ConnectionRefusedError("no database")


async def test_the_route_responds_with_503_while_something_is_red() -> None:
    async with caller(things_app(readiness={"database": failing})) as client:
        response = await client.get("/health/status")
    assert response.status_code == 503
    assert {"alarm": "not-ready-database", "severity": "red"} in response.json()["alarms"]
    assert "no database" not in response.text

    async with caller(things_app(readiness={"database": passing})) as client:
        response = await client.get("/health/status")
    names = [each["alarm"] for each in response.json()["alarms"]]
    assert "not-ready-database" not in names

"""Metrics of the projector."""

import pytest
from prometheus_client import CollectorRegistry

from vinculo.query_api.generations import (
    Generation,
    GenerationState,
)
from vinculo.query_api.projector.metrics import ProjectorMetrics


@pytest.mark.parametrize("counter", ["dead_lettered_records", "quarantined_streams"])
def test_counters_of_alert_rules_are_exported_before_their_first_event(counter: str) -> None:
    registry = CollectorRegistry()
    ProjectorMetrics(registry).start_counting("2")

    name = f"vinculo_projector_{counter}_total"
    assert registry.get_sample_value(name, {"generation": "2"}) == 0


def test_metrics_show_the_progress_of_rebuilds() -> None:
    registry = CollectorRegistry()
    metrics = ProjectorMetrics(registry)

    def read(generation: str) -> float | None:
        return registry.get_sample_value("vinculo_rebuild_read_records", {"generation": generation})

    metrics.report_rebuilds([Generation(name="2", state=GenerationState.LOADING, read=5, total=10)])
    assert read("2") == 5
    metrics.report_rebuilds([Generation(name="2", state=GenerationState.SERVED, read=10, total=10)])
    assert read("2") is None

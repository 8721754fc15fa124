"""Metrics of the projector."""

from prometheus_client import CollectorRegistry

from vinculo.query_api.generations import (
    Generation,
    GenerationState,
)
from vinculo.query_api.projector.metrics import ProjectorMetrics


def test_metrics_show_the_progress_of_rebuilds() -> None:
    registry = CollectorRegistry()
    metrics = ProjectorMetrics(registry)

    def read(generation: str) -> float | None:
        return registry.get_sample_value("vinculo_rebuild_read_records", {"generation": generation})

    metrics.report_rebuilds([Generation(name="2", state=GenerationState.LOADING, read=5, total=10)])
    assert read("2") == 5
    metrics.report_rebuilds([Generation(name="2", state=GenerationState.SERVED, read=10, total=10)])
    assert read("2") is None

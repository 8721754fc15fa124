"""The reference of Prometheus metrics. What to do about each is in `docs/operating/alarms.md`."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry

from vinculo.customer_registry.metrics import RegistryMetrics
from vinculo.documentation.markdown import code, table
from vinculo.documents.metrics import DocumentsMetrics
from vinculo.httpapi.request_logging import RequestMetrics
from vinculo.messaging.metrics import ConsumerMetrics
from vinculo.messaging.outbox_measurement import OutboxMetrics
from vinculo.messaging.relay import RelayMetrics
from vinculo.messaging.topic_reader import TopicReaderMetrics
from vinculo.notifications.delivery.metrics import delivery_metrics
from vinculo.onboarding.metrics import OnboardingMetrics
from vinculo.process.periodic import PeriodicMetrics
from vinculo.query_api.projector.metrics import ProjectorMetrics

INTRODUCTION: Final = """\
# Metrics

Every process serves `/metrics` on its port, in Prometheus' text format, with those below and the
standard ones of the process (`process_…`, `python_…`). Each name leads to what to do when the
value is bad.

"""
ALARMS: Final = Path("docs/operating/alarms.md")
_KINDS: Final = frozenset({"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"})
_SECTION: Final = re.compile(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)

_WORKERS: Final = ("customer-registry", "documents", "notifications", "onboarding")


@dataclass(frozen=True, slots=True)
class Metric:
    """`name` is as exposed: a counter's ends in `_total`."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str
    services: tuple[str, ...]


_SETS: Final[tuple[tuple[Callable[[CollectorRegistry], object], tuple[str, ...]], ...]] = (
    (ConsumerMetrics, _WORKERS),
    (OutboxMetrics, _WORKERS),
    (RelayMetrics, _WORKERS),
    (TopicReaderMetrics, ("customer-registry", "documents", "onboarding", "query-api")),
    (
        PeriodicMetrics,
        ("customer-registry", "documents", "notifications", "onboarding", "query-api"),
    ),
    (DocumentsMetrics, ("documents",)),
    (RegistryMetrics, ("customer-registry",)),
    (OnboardingMetrics, ("onboarding",)),
    (delivery_metrics, ("notifications",)),
    (ProjectorMetrics, ("query-api",)),
)
_EVERY_SERVICE: Final = (*_WORKERS, "query-api")


def metrics() -> list[Metric]:
    """All metrics, in alphabetical order."""
    found: list[Metric] = []
    for create, services in _SETS:
        registry = CollectorRegistry()
        create(registry)
        found += _registered(registry, services)
    found += _registered(vars(RequestMetrics("reference"))["_registry"], _EVERY_SERVICE)
    return sorted(found, key=lambda each: each.name)


def declared_metrics(root: Path) -> set[str]:
    """The names in the sources' calls of prometheus_client, without the suffix of counters."""
    return {
        name
        for pattern in ("libs/*/src", "services/*/src")
        for source in root.glob(pattern)
        for path in source.rglob("*.py")
        if "prometheus_client" in (text := path.read_text("utf-8"))
        for name in _declared(ast.parse(text))
    }


def alarm_sections(root: Path) -> dict[str, str]:
    """The text of each metric's section on what to do."""
    return {
        name: text.strip()
        for name, text in _SECTION.findall((root / ALARMS).read_text(encoding="utf-8"))
    }


def metrics_problems(root: Path) -> list[str]:
    """Metrics without a text on what to do, and texts without a metric."""
    known = {each.name for each in metrics()}
    sections = alarm_sections(root)
    described = {name for name, text in sections.items() if text}
    return [
        *(f"{ALARMS}: no text on {name}" for name in sorted(known - described)),
        *(f"{ALARMS}: no metric {name}" for name in sorted(sections.keys() - known)),
    ]


def metrics_page(_: Path) -> str:
    rows = [
        [
            f"[`{each.name}`](../operating/alarms.md#{each.name})",
            each.kind,
            ", ".join(map(code, each.labels)),
            "every service" if each.services == _EVERY_SERVICE else ", ".join(each.services),
            each.meaning,
        ]
        for each in metrics()
    ]
    return INTRODUCTION + table(["metric", "type", "labels", "services", "meaning"], rows)


def _registered(registry: CollectorRegistry, services: tuple[str, ...]) -> Iterator[Metric]:
    for collector in vars(registry)["_collector_to_names"]:
        for family in collector.collect():
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels: Any = vars(collector)["_labelnames"]
            yield Metric(name, family.type, tuple(labels), family.documentation, services)


def _declared(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id=kind),
                args=[ast.Constant(value=str(name)), ast.Constant(value=str()), *_],
            ) if kind in _KINDS:
                yield name

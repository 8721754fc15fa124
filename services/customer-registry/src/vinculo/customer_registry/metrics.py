"""The metrics of the registry, beside those of the libraries."""

from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter


class RegistryMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.promotions = Counter(
            "vinculo_promotions", "Pre-customers who became customers.", registry=registry
        )
        self.rule_errors = Counter(
            "vinculo_rule_errors",
            "Requirements that failed because their expression could not be evaluated.",
            ("requirement",),
            registry=registry,
        )
        self.reevaluated_people = Counter(
            "vinculo_reevaluated_people",
            "People whom a sweep evaluated again, with a new version of their policy.",
            registry=registry,
        )
        self.skipped_people = Counter(
            "vinculo_sweep_skipped_people",
            "People whom a sweep skipped because of an error; the next sweep tries again.",
            ("job",),
            registry=registry,
        )
        self.refused_reports = Counter(
            "vinculo_credit_reports_refused",
            "Records of credit systems that were refused, by reason; each is counted once.",
            ("topic", "reason"),
            registry=registry,
        )


@cache
def registry_metrics(registry: CollectorRegistry = REGISTRY) -> RegistryMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return RegistryMetrics(registry)

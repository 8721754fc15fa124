"""What the registry tells about itself beside what the libraries tell."""

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
        self.swept = Counter(
            "vinculo_policy_sweep_people",
            "People held against a newly published policy.",
            registry=registry,
        )
        self.sweep_failures = Counter(
            "vinculo_policy_sweep_failures",
            "People whom a sweep could not evaluate; the next one tries again.",
            registry=registry,
        )


@cache
def registry_metrics(registry: CollectorRegistry = REGISTRY) -> RegistryMetrics:
    """Give the one set of the registry; a name cannot be registered twice."""
    return RegistryMetrics(registry)

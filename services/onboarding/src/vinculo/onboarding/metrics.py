"""The metrics of onboarding, beside those of the libraries."""

from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Gauge


class OnboardingMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.contested_documents = Gauge(
            "onboarding_contested_documents",
            "Documents with twenty or more submissions that wait for activation.",
            registry=registry,
        )


@cache
def onboarding_metrics(registry: CollectorRegistry = REGISTRY) -> OnboardingMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return OnboardingMetrics(registry)

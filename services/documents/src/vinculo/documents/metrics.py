"""The metrics of the documents service, beside those of the libraries."""

from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge


class DocumentsMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.overdue_erasures = Gauge(
            "documents_overdue_erasures",
            "Erased people whose files still exist half an hour after the erasure.",
            registry=registry,
        )
        self.screening_jobs = Gauge(
            "documents_screening_jobs",
            "Completed uploads that wait for the end of their screening.",
            registry=registry,
        )
        self.oldest_screening_job_age_seconds = Gauge(
            "documents_oldest_screening_job_age_seconds",
            "Time since the completion of the upload that has waited longest.",
            registry=registry,
        )
        self.screened = Counter(
            "documents_screened_files",
            "Files by result: `screened`, the reason of a failure, `given_up` or `dropped`.",
            ["result"],
            registry=registry,
        )
        self.scanner_configured = Gauge(
            "documents_scanner_configured",
            "1 if files are searched for malware, 0 without DOCUMENTS_CLAMD_URL.",
            registry=registry,
        )
        self.scanner_failures = Counter(
            "documents_scanner_failures",
            "Attempts of jobs that wait because clamd cannot be reached.",
            registry=registry,
        )


@cache
def documents_metrics(registry: CollectorRegistry = REGISTRY) -> DocumentsMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return DocumentsMetrics(registry)

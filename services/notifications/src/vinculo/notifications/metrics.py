"""What operations see of the sending: a mail server that is down shows here, not in readiness."""

from dataclasses import dataclass
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingMetrics:
    sent: Counter
    failed: Counter
    retried: Counter
    faults: Counter
    backlog: Gauge
    oldest_due_age_seconds: Gauge
    mail_server_answers: Gauge


@cache
def sending_metrics(registry: CollectorRegistry = REGISTRY) -> SendingMetrics:
    """Give the one set of the registry; a name cannot be registered twice."""
    return SendingMetrics(
        sent=Counter("notifications_sent", "Messages sent.", ["template"], registry=registry),
        failed=Counter(
            "notifications_failed",
            "Messages given up for good.",
            ["template", "reason"],
            registry=registry,
        ),
        retried=Counter(
            "notifications_retried", "Attempts to be repeated.", ["template"], registry=registry
        ),
        faults=Counter(
            "notifications_sender_faults",
            "Rounds or attempts ended by a fault of our own.",
            ["error"],
            registry=registry,
        ),
        backlog=Gauge("notifications_backlog", "Messages not ended.", ["state"], registry=registry),
        oldest_due_age_seconds=Gauge(
            "notifications_oldest_due_age_seconds",
            "Age of the cause of the oldest message due.",
            registry=registry,
        ),
        mail_server_answers=Gauge(
            "notifications_mail_server_answers",
            "Whether the last attempt reached the mail server.",
            registry=registry,
        ),
    )

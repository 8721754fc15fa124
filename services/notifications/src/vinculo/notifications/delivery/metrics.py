"""Metrics of deliveries. A mail server that is down shows here and not in readiness."""

from dataclasses import dataclass
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from vinculo.notifications.domain.message import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryMetrics:
    sent: Counter
    failed: Counter
    retried: Counter
    errors: Counter
    backlog: Gauge
    oldest_due_age_seconds: Gauge
    smtp_server_up: Gauge
    sms_gateway_up: Gauge

    def server_up(self, channel: Channel) -> Gauge:
        return self.sms_gateway_up if channel is Channel.SMS else self.smtp_server_up


@cache
def delivery_metrics(registry: CollectorRegistry = REGISTRY) -> DeliveryMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return DeliveryMetrics(
        sent=Counter("notifications_sent", "Messages sent.", ["template"], registry=registry),
        failed=Counter(
            "notifications_failed",
            "Messages that will not be sent any more.",
            ["template", "reason"],
            registry=registry,
        ),
        retried=Counter(
            "notifications_retried", "Attempts to be repeated.", ["template"], registry=registry
        ),
        errors=Counter(
            "notifications_delivery_errors",
            "Rounds and attempts that ended in an internal error.",
            ["error"],
            registry=registry,
        ),
        backlog=Gauge(
            "notifications_backlog",
            "Messages not yet sent or failed.",
            ["state"],
            registry=registry,
        ),
        oldest_due_age_seconds=Gauge(
            "notifications_oldest_due_age_seconds",
            "Age of the event behind the oldest message that is due.",
            registry=registry,
        ),
        smtp_server_up=Gauge(
            "notifications_smtp_server_up",
            "Whether the last attempt reached the SMTP server.",
            registry=registry,
        ),
        sms_gateway_up=Gauge(
            "notifications_sms_gateway_up",
            "Whether the last attempt reached the SMS gateway.",
            registry=registry,
        ),
    )

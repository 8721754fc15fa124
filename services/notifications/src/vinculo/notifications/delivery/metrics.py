"""What operations see of the sending: a server that is down shows here, not in readiness."""

from dataclasses import dataclass
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from vinculo.notifications.domain.message import Channel, Template, channel_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryMetrics:
    sent: Counter
    failed: Counter
    retried: Counter
    faults: Counter
    backlog: Gauge
    oldest_due_age_seconds: Gauge
    mail_server_answers: Gauge
    sms_gateway_answers: Gauge

    def answers_of(self, template: Template) -> Gauge:
        """Give the gauge of the server that carries the template's messages."""
        is_sms = channel_of(template) is Channel.SMS
        return self.sms_gateway_answers if is_sms else self.mail_server_answers


@cache
def delivery_metrics(registry: CollectorRegistry = REGISTRY) -> DeliveryMetrics:
    """Give the one set of the registry; a name cannot be registered twice."""
    return DeliveryMetrics(
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
        sms_gateway_answers=Gauge(
            "notifications_sms_gateway_answers",
            "Whether the last attempt reached the SMS gateway.",
            registry=registry,
        ),
    )

"""What notifications listens to, and under which names its own events go out."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.contracts import parser, topics
from vinculo.eventstore import StoredEvent
from vinculo.messaging import Apply, Consumer, Record, TopicSource, cloud_events

SERVICE = "notifications"
LISTENS_TO = (
    topics.ONBOARDING_APPLICATIONS,
    topics.DOCUMENTS_DOSSIERS,
    topics.CUSTOMER_REGISTRY_CUSTOMERS,
)


def notifications_consumer(
    engine: AsyncEngine,
    apply: Apply,
    *,
    kafka: str,
    topic_prefix: str,
    session_timeout_ms: int,
) -> Consumer:
    return Consumer(
        group=f"{topic_prefix}{SERVICE}",
        sources=[TopicSource(f"{topic_prefix}{topic}", parser(topic)) for topic in LISTENS_TO],
        engine=engine,
        apply=apply,
        kafka=kafka,
        session_timeout_ms=session_timeout_ms,
    )


def message_records(topic_prefix: str) -> Callable[[StoredEvent], Record]:
    return cloud_events(SERVICE, {"message": topics.NOTIFICATIONS_MESSAGES}, topic_prefix)

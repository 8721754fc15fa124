"""Consumes the reports of credit systems; the registry alone reads their topics.

The group has a name of its own: when it was introduced, it read all reports from the beginning.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.contracts import event_types, topics
from vinculo.customer_registry.application.credit import (
    lock_concerned,
    publish_refusal,
    record_report,
)
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.consumers.credit_reports import (
    check_headers,
    parse_report,
    publishable_event_id,
    refusal_reason,
    report_position,
    to_recorded,
)
from vinculo.customer_registry.domain.credit_refusal import CreditReportRefused
from vinculo.events import Meta
from vinculo.messaging import (
    ConsumedEvent,
    Consumer,
    DecodedRecord,
    PostgresCheckpoints,
    TopicSource,
    event_key,
)

GROUP: Final = "customer-registry-credit"


def credit_consumer(
    dependencies: RegistryDependencies,
    engine: AsyncEngine,
    *,
    kafka: str,
    prefix: str,
    session_timeout_ms: int,
) -> Consumer:
    def source(topic: str) -> TopicSource:
        return TopicSource(
            f"{prefix}{topic}",
            partial(parse_report, topic),
            gapless=False,
            position=report_position,
            known_types=event_types(topic),
            check=check_headers,
        )

    async def prepare(connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        await lock_concerned(connection, map(to_recorded, events))

    async def apply(connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        await record(dependencies, connection, events)

    async def refuse(connection: AsyncConnection, records: Sequence[DecodedRecord]) -> None:
        await publish_refusals(dependencies, connection, records, prefix=prefix)

    group = f"{prefix}{GROUP}"
    return Consumer(
        group=group,
        sources=[source(topics.CREDIT_LOANS), source(topics.CREDIT_APPLICATIONS)],
        checkpoints=PostgresCheckpoints(
            engine, group, apply, prepare=prepare, on_dead_letters=refuse
        ),
        kafka=kafka,
        session_timeout_ms=session_timeout_ms,
    )


async def record(
    dependencies: RegistryDependencies, connection: AsyncConnection, events: Sequence[ConsumedEvent]
) -> None:
    """Record the reports; the caller has locked what they concern."""
    for event in events:
        person_id, report = to_recorded(event)
        await record_report(
            dependencies,
            connection,
            person_id,
            report,
            event_id=event.event_id,
            meta=Meta(
                correlation_id=event.meta.correlation_id,
                causation_id=event.event_id,
                traceparent=event.meta.traceparent,
            ),
        )


async def publish_refusals(
    dependencies: RegistryDependencies,
    connection: AsyncConnection,
    records: Sequence[DecodedRecord],
    *,
    prefix: str,
) -> None:
    """Publish that the records are refused: their places and reasons, nothing of their content."""
    for each in records:
        topic = each.record.topic.removeprefix(prefix)
        reason = refusal_reason(topic, each.record)
        refusal = CreditReportRefused(
            topic=topic,
            partition=each.record.partition,
            offset=each.record.offset,
            reported_event_id=publishable_event_id(each.record),
            reason_code=reason.value,
            refused_at=dependencies.clock(),
        )
        if await publish_refusal(dependencies, connection, refusal, event_key(each.record)):
            dependencies.metrics.refused_reports.labels(topic, reason.value).inc()

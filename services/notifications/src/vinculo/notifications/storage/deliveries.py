"""The queue of deliveries, in no particular order; rows are claimed with a lease.

A delivery becomes due in the transaction of its `message-queued`. One whose recipient is unknown
waits, and is queued when the recipient is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.notifications.domain.message import (
    SUBMISSION_FACT,
    FailureReason,
    Link,
    NotificationTrigger,
    Template,
)
from vinculo.notifications.storage.tables import deliveries


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DUE = "due"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`attempts` includes the one under way."""

    message_id: UUID
    trigger: NotificationTrigger
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    waiting: int
    due: int
    oldest_due_age_seconds: float


async def add_delivery(
    connection: AsyncConnection,
    trigger: NotificationTrigger,
    state: DeliveryState,
    *,
    now: datetime,
) -> None:
    """Insert a delivery, or change the state of one that waits."""
    link = trigger.link
    values = {"state": state.value, "next_attempt_at": now}
    await connection.execute(
        insert(deliveries)
        .values(
            message_id=trigger.message_id,
            person_id=trigger.person_id,
            template=trigger.template.value,
            cause_event_id=trigger.cause_event_id,
            happened_at=trigger.happened_at,
            link_id=None if link is None else link.link_id,
            link_issued_at=None if link is None else link.issued_at,
            link_expires_at=None if link is None else link.expires_at,
            facts=dict(trigger.facts),
            sealed=None if trigger.envelope is None else dict(trigger.envelope),
            **values,
        )
        .on_conflict_do_update(
            index_elements=["message_id"],
            set_=values,
            where=deliveries.c.state == DeliveryState.WAITING.value,
        )
    )


async def deliveries_of_person(
    connection: AsyncConnection, person_id: UUID, state: DeliveryState
) -> list[Delivery]:
    statement = (
        select(deliveries)
        .where(deliveries.c.person_id == person_id, deliveries.c.state == state.value)
        .order_by(deliveries.c.happened_at)
    )
    return _deliveries((await connection.execute(statement)).mappings().all())


async def delete_waiting(connection: AsyncConnection, person_id: UUID) -> None:
    await connection.execute(
        delete(deliveries).where(
            deliveries.c.person_id == person_id,
            deliveries.c.state == DeliveryState.WAITING.value,
        )
    )


async def claim_due(
    connection: AsyncConnection, *, now: datetime, lease: timedelta, limit: int
) -> list[Delivery]:
    """Claim due deliveries and count the attempt; each is due again when its lease expires."""
    due = (
        select(deliveries.c.message_id)
        .where(deliveries.c.state == DeliveryState.DUE.value, deliveries.c.next_attempt_at <= now)
        .order_by(deliveries.c.next_attempt_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(deliveries)
        .where(deliveries.c.message_id.in_(due))
        .values(attempts=deliveries.c.attempts + 1, next_attempt_at=now + lease)
        .returning(deliveries)
    )
    return _deliveries((await connection.execute(statement)).mappings().all())


async def reschedule(
    connection: AsyncConnection, message_id: UUID, *, at: datetime, attempts: int
) -> None:
    await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.message_id == message_id,
            deliveries.c.state == DeliveryState.DUE.value,
        )
        .values(next_attempt_at=at, attempts=attempts)
    )


async def finish(
    connection: AsyncConnection,
    message_id: UUID,
    state: DeliveryState,
    reason: FailureReason | None = None,
) -> None:
    """Record the outcome and delete the envelope, which is needed no longer."""
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.message_id == message_id)
        .values(
            state=state.value, reason_code=None if reason is None else reason.value, sealed=None
        )
    )


async def has_newer_link(connection: AsyncConnection, trigger: NotificationTrigger) -> bool:
    """Whether a later link of the same template and submission was queued, sent or not."""
    if trigger.link is None:
        return False
    submission = deliveries.c.facts[SUBMISSION_FACT].astext
    newer = select(deliveries.c.message_id).where(
        deliveries.c.person_id == trigger.person_id,
        submission.is_not_distinct_from(trigger.facts.get(SUBMISSION_FACT)),
        deliveries.c.template == trigger.template.value,
        deliveries.c.link_issued_at > trigger.link.issued_at,
    )
    return await connection.scalar(newer.limit(1)) is not None


async def measure_backlog(connection: AsyncConnection, *, now: datetime) -> Backlog:
    """Counts by state; a delivery that waits for a retry is as old as its event."""
    counted = await connection.execute(
        select(deliveries.c.state, func.count(), func.min(deliveries.c.happened_at))
        .where(deliveries.c.state.in_([DeliveryState.WAITING.value, DeliveryState.DUE.value]))
        .group_by(deliveries.c.state)
    )
    rows: dict[str, tuple[int, datetime]] = {state: (n, oldest) for state, n, oldest in counted}
    due, oldest = rows.get(DeliveryState.DUE.value, (0, now))
    waiting, _ = rows.get(DeliveryState.WAITING.value, (0, now))
    return Backlog(
        waiting=waiting, due=due, oldest_due_age_seconds=max((now - oldest).total_seconds(), 0.0)
    )


def _deliveries(rows: Sequence[RowMapping]) -> list[Delivery]:
    return [
        Delivery(
            message_id=row["message_id"],
            attempts=row["attempts"],
            trigger=NotificationTrigger(
                template=Template(row["template"]),
                person_id=row["person_id"],
                cause_event_id=row["cause_event_id"],
                happened_at=row["happened_at"],
                link=_link(row),
                facts=row["facts"],
                envelope=row["sealed"],
            ),
        )
        for row in rows
    ]


def _link(row: RowMapping) -> Link | None:
    if row["link_id"] is None:
        return None
    return Link(
        link_id=row["link_id"],
        issued_at=row["link_issued_at"],
        expires_at=row["link_expires_at"],
    )

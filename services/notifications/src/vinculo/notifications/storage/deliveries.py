"""The queue of deliveries, in no particular order; rows are claimed with a lease.

A delivery becomes due in the transaction of its `message-queued`. One whose recipient is unknown
waits, and is queued when the recipient is stored. One beyond its recipient's budget is held until
the next collecting message. `recipient_key` names the budget that holds or admitted it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.notifications.domain.message import (
    SUBMISSION_FACT,
    FailureReason,
    Link,
    NotificationTrigger,
    Resend,
    Template,
)
from vinculo.notifications.storage.tables import deliveries

# Written as in the indexes: with parameters, PostgreSQL could not tell that they apply.
_IS_UNSENT: Final = text("state IN ('due', 'held')")
_IS_OPEN: Final = text("state IN ('waiting', 'due', 'held')")
_HAS_ENDED: Final = text("state IN ('sent', 'failed')")


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DUE = "due"
    HELD = "held"
    SENT = "sent"
    FAILED = "failed"


UNSENT: Final = (DeliveryState.DUE.value, DeliveryState.HELD.value)


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
    held: int
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
            resend_of=None if trigger.resend is None else trigger.resend.message_id,
            requested_by=None if trigger.resend is None else trigger.resend.requested_by,
            **values,
        )
        .on_conflict_do_update(
            index_elements=["message_id"],
            set_=values,
            where=deliveries.c.state == DeliveryState.WAITING.value,
        )
    )


async def deliveries_of_person(
    connection: AsyncConnection, person_id: UUID, *states: DeliveryState
) -> list[Delivery]:
    statement = (
        select(deliveries)
        .where(deliveries.c.person_id == person_id, deliveries.c.state.in_(states))
        .order_by(deliveries.c.happened_at)
    )
    return _deliveries((await connection.execute(statement)).mappings().all())


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMessage:
    """A message to a person and its outcome; `ended_at` is None for older rows, too."""

    delivery: Delivery
    state: DeliveryState
    reason_code: str | None
    ended_at: datetime | None


async def messages_to(
    connection: AsyncConnection, person_id: UUID, *, limit: int
) -> list[RecordedMessage]:
    """The newest first."""
    statement = (
        select(deliveries)
        .where(deliveries.c.person_id == person_id)
        .order_by(deliveries.c.happened_at.desc(), deliveries.c.message_id.desc())
        .limit(limit)
    )
    return [_recorded(row) for row in (await connection.execute(statement)).mappings()]


async def find_message(connection: AsyncConnection, message_id: UUID) -> RecordedMessage | None:
    statement = select(deliveries).where(deliveries.c.message_id == message_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else _recorded(row)


async def count_resends(connection: AsyncConnection, person_id: UUID, *, since: datetime) -> int:
    statement = select(func.count()).where(
        deliveries.c.person_id == person_id,
        deliveries.c.resend_of.is_not(None),
        deliveries.c.happened_at > since,
    )
    return int(await connection.scalar(statement) or 0)


def _recorded(row: RowMapping) -> RecordedMessage:
    (delivery,) = _deliveries([row])
    return RecordedMessage(
        delivery=delivery,
        state=DeliveryState(row["state"]),
        reason_code=row["reason_code"],
        ended_at=row["ended_at"],
    )


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
    """Claim due and held deliveries whose time has come, and count the attempt.

    Each is due again when its lease expires.
    """
    due = (
        select(deliveries.c.message_id)
        .where(_IS_UNSENT, deliveries.c.next_attempt_at <= now)
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
    return _oldest_first((await connection.execute(statement)).mappings().all())


async def reschedule(
    connection: AsyncConnection, message_id: UUID, *, at: datetime, attempts: int
) -> None:
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.message_id == message_id, deliveries.c.state.in_(UNSENT))
        .values(next_attempt_at=at, attempts=attempts)
    )


async def lock_delivery(
    connection: AsyncConnection, message_id: UUID
) -> tuple[DeliveryState, bytes | None] | None:
    """State and budget of an unsent delivery, locked; None for one that was sent or failed."""
    found = await connection.execute(
        select(deliveries.c.state, deliveries.c.recipient_key)
        .where(deliveries.c.message_id == message_id, deliveries.c.state.in_(UNSENT))
        .with_for_update()
    )
    row = found.one_or_none()
    return None if row is None else (DeliveryState(row.state), row.recipient_key)


async def hold(
    connection: AsyncConnection, delivery: Delivery, recipient_key: bytes, *, until: datetime
) -> None:
    """Hold a claimed delivery for a collecting message, without counting the attempt."""
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.message_id == delivery.message_id)
        .values(
            state=DeliveryState.HELD.value,
            recipient_key=recipient_key,
            next_attempt_at=until,
            attempts=delivery.attempts - 1,
        )
    )


async def admit(connection: AsyncConnection, message_id: UUID, recipient_key: bytes) -> None:
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.message_id == message_id)
        .values(state=DeliveryState.DUE.value, recipient_key=recipient_key)
    )


async def claim_held(
    connection: AsyncConnection, recipient_key: bytes, *, lease_until: datetime, limit: int
) -> list[Delivery]:
    """Claim the oldest deliveries held for the budget.

    One that is claimed at the same time by itself counts the attempt there.
    """
    held = (
        select(deliveries.c.message_id)
        .where(
            deliveries.c.state == DeliveryState.HELD.value,
            deliveries.c.recipient_key == recipient_key,
        )
        .order_by(deliveries.c.happened_at, deliveries.c.message_id)
        .limit(limit)
    )
    statement = (
        update(deliveries)
        .where(deliveries.c.message_id.in_(held), deliveries.c.state == DeliveryState.HELD.value)
        .values(attempts=func.greatest(deliveries.c.attempts, 1), next_attempt_at=lease_until)
        .returning(deliveries)
    )
    return _oldest_first((await connection.execute(statement)).mappings().all())


async def release(connection: AsyncConnection, delivery: Delivery, *, now: datetime) -> None:
    """Make a claimed delivery due that was held for an address that is not its own any more."""
    await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.message_id == delivery.message_id,
            deliveries.c.state == DeliveryState.HELD.value,
        )
        .values(
            state=DeliveryState.DUE.value,
            recipient_key=None,
            next_attempt_at=now,
        )
    )


async def finish(
    connection: AsyncConnection,
    message_id: UUID,
    state: DeliveryState,
    reason: FailureReason | None = None,
    *,
    at: datetime,
) -> None:
    """Record the outcome and delete envelope and budget, which are needed no longer."""
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.message_id == message_id)
        .values(
            state=state.value,
            reason_code=None if reason is None else reason.value,
            ended_at=at,
            sealed=None,
            recipient_key=None,
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


def ended_before(moment: datetime) -> ColumnElement[bool]:
    """The condition of deliveries that were sent or have failed, of events before the moment."""
    return and_(_HAS_ENDED, deliveries.c.happened_at < moment)


async def measure_backlog(connection: AsyncConnection, *, now: datetime) -> Backlog:
    """Counts by state; a delivery that waits for a retry is as old as its event."""
    counted = await connection.execute(
        select(deliveries.c.state, func.count(), func.min(deliveries.c.happened_at))
        .where(_IS_OPEN)
        .group_by(deliveries.c.state)
    )
    rows: dict[str, tuple[int, datetime]] = {state: (n, oldest) for state, n, oldest in counted}
    due, oldest = rows.get(DeliveryState.DUE.value, (0, now))
    waiting, _ = rows.get(DeliveryState.WAITING.value, (0, now))
    held, _ = rows.get(DeliveryState.HELD.value, (0, now))
    return Backlog(
        waiting=waiting,
        due=due,
        held=held,
        oldest_due_age_seconds=max((now - oldest).total_seconds(), 0.0),
    )


def _oldest_first(rows: Sequence[RowMapping]) -> list[Delivery]:
    return sorted(_deliveries(rows), key=lambda each: (each.trigger.happened_at, each.message_id))


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
                resend=_resend(row),
            ),
        )
        for row in rows
    ]


def _resend(row: RowMapping) -> Resend | None:
    if row["resend_of"] is None:
        return None
    return Resend(message_id=row["resend_of"], requested_by=row["requested_by"])


def _link(row: RowMapping) -> Link | None:
    if row["link_id"] is None:
        return None
    return Link(
        link_id=row["link_id"],
        issued_at=row["link_issued_at"],
        expires_at=row["link_expires_at"],
    )

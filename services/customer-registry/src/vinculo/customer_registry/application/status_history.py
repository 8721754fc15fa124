"""The changes of a record's status, with reasons, who made them, and the notes in plain text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.queries import read_record
from vinculo.customer_registry.domain.customer import (
    Cause,
    CustomerEvent,
    ReasonCode,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordSetPending,
    RecordUnblocked,
    Status,
)
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Sealed

Changed: TypeAlias = (
    RecordEnabled | RecordSetPending | RecordDisabled | RecordBlocked | RecordUnblocked
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusHistoryEntry:
    """`by` is None for changes by the system; `note` for those without one."""

    at: datetime
    from_status: Status
    to_status: Status
    cause: Cause
    reason_code: ReasonCode
    by: UUID | None
    note: str | None = None


async def read_status_history(
    dependencies: RegistryDependencies, person_id: UUID
) -> Sequence[StatusHistoryEntry]:
    """All changes of status after registration, activation and promotion, the newest first.

    Raises:
        PersonIsUnknown: the person has no record.
        RecordIsErased: the record is erased.

    """
    await read_record(dependencies, person_id)
    history = await dependencies.store.read(CUSTOMERS.stream_id(person_id))
    decoded: list[CustomerEvent] = [CUSTOMERS.codec.decode(event) for event in history]
    changes = [event for event in decoded if isinstance(event, Changed)]
    sealed = [change.personal for change in changes if isinstance(change.personal, Sealed)]
    notes = await dependencies.keys.decrypt_many(
        [(each.subject, each.event_id, each.envelope) for each in sealed]
    )
    texts = {
        each.event_id: note["note"]
        for each, note in zip(sealed, notes, strict=True)
        if isinstance(note, dict)
    }
    return [_entry(change, texts) for change in reversed(changes)]


def _entry(change: Changed, notes: dict[UUID, str]) -> StatusHistoryEntry:
    at, by = _when_and_who(change)
    sealed = change.personal
    return StatusHistoryEntry(
        at=at,
        from_status=change.from_status,
        to_status=change.to_status,
        cause=change.cause,
        reason_code=change.reason_code,
        by=by,
        note=notes.get(sealed.event_id) if isinstance(sealed, Sealed) else None,
    )


def _when_and_who(change: Changed) -> tuple[datetime, UUID | None]:
    match change:
        case RecordEnabled():
            return change.enabled_at, change.enabled_by
        case RecordSetPending():
            return change.set_pending_at, change.set_pending_by
        case RecordDisabled():
            return change.disabled_at, change.disabled_by
        case RecordBlocked():
            return change.blocked_at, change.blocked_by
        case RecordUnblocked():
            return change.unblocked_at, change.unblocked_by

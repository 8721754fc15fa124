"""What the consumer engine needs of a database: checkpoints, quarantines and resolutions.

The engine decides; an implementation stores the effects of a batch and the checkpoints after it in
one transaction. Two exist: `PostgresCheckpoints` for the services with an event store, and that of
the read model on MongoDB.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from vinculo.messaging.decoding import DecodedRecord
from vinculo.messaging.ordering_policy import Decision, QuarantineReason, StreamState


class FaultKind(StrEnum):
    """What an error means for the record or the batch that raised it."""

    POISON = "poison"
    """A retry is useless: the record is dead-lettered at once."""
    KEY_MISSING = "key-missing"
    """The person's key is missing or unreadable: the record is dead-lettered at once."""
    CONFLICT = "conflict"
    """Another transaction was faster: the batch is repeated at once."""
    SERVER = "server"
    """A server is unavailable: the batch is retried without limit."""
    UNKNOWN = "unknown"
    """Anything else: retried, and dead-lettered after a number of tries."""


class LetterKey(NamedTuple):
    """Identifies a dead letter: the place of its record, and what was there.

    `event_key` is the event's id, or a hash of the value of a record without one. A topic that was
    published again has other records at the same places.
    """

    topic: str
    partition: int
    offset: int
    event_key: str


class Outcome(StrEnum):
    """How a dead letter was resolved."""

    REPLAYED = "replayed"
    DROPPED = "dropped"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """`resolved_by` and `reason` are an operator's, of a discarded dead letter."""

    key: LetterKey
    outcome: Outcome
    resolved_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedStream:
    """`topic`, `partition` and `offset` are the place of its first dead letter."""

    stream_id: str
    last_version: int
    last_dead_lettered_version: int
    reason: QuarantineReason
    since: datetime
    subject: UUID | None
    topic: str
    partition: int
    offset: int


class SkippedRun(NamedTuple):
    """Consecutive versions of a stream that have no effect; id and epoch are those of the last."""

    stream_id: str
    first_version: int
    last_version: int
    event_id: UUID | None
    store_epoch: int | None


class DecidedRecord(NamedTuple):
    """A record, what is to be done with it, and the checkpoint of its stream afterwards."""

    record: DecodedRecord
    decision: Decision
    state: StreamState


class UnitOfWork(Protocol):
    """The checkpoints of the streams of a batch, held until the commit."""

    def state(self, stream_id: str) -> StreamState: ...

    async def commit(
        self, decided: Sequence[DecidedRecord], resolutions: Sequence[Resolution] = ()
    ) -> None:
        """Store effects, checkpoints, quarantines and resolutions: all or nothing."""


class Checkpoints(Protocol):
    async def skip(self, runs: Sequence[SkippedRun]) -> Collection[str]:
        """Advance streams over versions without an effect; the ids of those that were advanced.

        A stream is left out if it is not at the version before, or is quarantined.
        """

    def begin(self, records: Sequence[DecodedRecord]) -> AbstractAsyncContextManager[UnitOfWork]:
        """Lock or load the checkpoints of the records' streams.

        Leaving the block without `commit` changes nothing.
        """

    async def quarantined_streams(self) -> list[QuarantinedStream]: ...

    async def unresolved(self, letters: Mapping[LetterKey, DecodedRecord]) -> Collection[LetterKey]:
        """Those of the dead letters that were neither replayed nor discarded."""

    async def forget_resolutions(self, remaining: AbstractSet[LetterKey], before: datetime) -> int:
        """Delete the resolutions from before this time that name no remaining dead letter.

        Those that say who discarded a record and why are kept. Returns how many were deleted.
        """

    async def rewind(self, stream_id: str, version: int) -> bool:
        """Make the next version of a diverged stream applicable; whether it was diverged.

        Effects of later versions stay unless the database can take them back.
        """

    def fault_kind(self, error: Exception) -> FaultKind: ...

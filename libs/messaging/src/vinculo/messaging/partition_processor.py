"""Applies the records of one partition: as one batch if possible, one by one after any problem."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.messaging.checkpoints import lock_streams, quarantine, save_versions
from vinculo.messaging.consumer import ConsumedEvent, Consumer, TopicSource, is_poison
from vinculo.messaging.dead_letters import DeadLetters
from vinculo.messaging.decoding import DecodedRecord, decode_record
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.metrics import ConsumerMetrics
from vinculo.messaging.ordering_policy import (
    Disposition,
    StreamState,
    decide_disposition,
    next_state,
)
from vinculo.process import crash_point

MAX_BATCH_RECORDS = 100

_OUTCOMES = {
    Disposition.APPLY: "applied",
    Disposition.IGNORE: "ignored",
    Disposition.QUARANTINE: "quarantined",
    Disposition.DEAD_LETTER: "dead_lettered",
}


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """All records before `next_offset` are done; `fault` is the error that stopped the others."""

    next_offset: int
    fault: Exception | None = None


class PartitionProcessor:
    def __init__(
        self, consumer: Consumer, dead_letters: DeadLetters, metrics: ConsumerMetrics
    ) -> None:
        self._consumer = consumer
        self._dead_letters = dead_letters
        self._metrics = metrics

    async def run(self, records: Sequence[ConsumerRecord], source: TopicSource) -> BatchProgress:
        """Apply the records in order, up to the first fault."""
        for batch in _batches(records):
            decoded = [decode_record(record, source) for record in batch]
            for record in await self._process_batch(decoded):
                try:
                    await self._process_one(record)
                except Exception as fault:  # noqa: BLE001 - any error is retried
                    return BatchProgress(record.record.offset, fault)
        return BatchProgress(records[-1].offset + 1)

    async def _process_batch(self, records: Sequence[DecodedRecord]) -> list[DecodedRecord]:
        """Apply the regular streams in one transaction; the records of all others are returned.

        After an error nothing is applied and all records are returned: processed one by one, they
        show which of them is the cause.
        """
        streams: dict[str, list[DecodedRecord]] = {}
        for record in records:
            if record.position is not None:
                streams.setdefault(record.position[0], []).append(record)
        if not streams:
            return list(records)
        try:
            async with self._consumer.engine.begin() as connection:
                states = await lock_streams(connection, self._consumer.group, list(streams))
                irregular = await self._apply_regular_streams(connection, streams, states)
                crash_point("consumer-before-commit-transaction")
        except Exception:  # noqa: BLE001 - it occurs again, and is handled, one by one
            return list(records)
        remaining = [
            record
            for record in records
            if record.position is None or record.position[0] in irregular
        ]
        self._count(records[0].record.topic, "applied", len(records) - len(remaining))
        return remaining

    async def _apply_regular_streams(
        self,
        connection: AsyncConnection,
        streams: dict[str, list[DecodedRecord]],
        states: dict[str, StreamState],
    ) -> set[str]:
        """Apply the streams whose records are all to be applied or ignored; the others' ids."""
        irregular: set[str] = set()
        versions: dict[str, int] = {}
        for stream_id, records in sorted(streams.items()):
            pending, state = _pending_events(records, states[stream_id])
            if pending is None:
                irregular.add(stream_id)
            elif pending:
                await self._consumer.apply(connection, pending)
                versions[stream_id] = state.last_version
        await save_versions(connection, self._consumer.group, versions)
        return irregular

    async def _process_one(self, record: DecodedRecord) -> None:
        topic = record.record.topic
        if record.position is None:
            await self._dead_letters.put(record.record, record.error)
            self._count(topic, "dead_lettered", 1)
            return
        try:
            disposition = await self._process_locked(
                record, record.position, record.event, record.error
            )
        except Exception as error:
            if not is_poison(error):
                raise
            disposition = await self._process_locked(
                record, record.position, None, safe_reason(error)
            )
        self._count(topic, _OUTCOMES[disposition], 1)

    async def _process_locked(
        self,
        record: DecodedRecord,
        position: tuple[str, int],
        event: ConsumedEvent | None,
        error: str,
    ) -> Disposition:
        """Decide and act while the checkpoint is locked, as a replay does."""
        stream_id, version = position
        group = self._consumer.group
        async with self._consumer.engine.begin() as connection:
            state = (await lock_streams(connection, group, [stream_id]))[stream_id]
            disposition = decide_disposition(
                version, state, readable=event is not None, gapless=record.gapless
            )
            match disposition:
                case Disposition.APPLY if event is not None:
                    await self._consumer.apply(connection, [event])
                    await save_versions(connection, group, {stream_id: version})
                    crash_point("consumer-before-commit-transaction")
                case Disposition.QUARANTINE:
                    reason = error or _quarantine_reason(version, state)
                    await self._dead_letters.put(record.record, reason)
                    crash_point("quarantine-after-dead-letter")
                    await quarantine(connection, group, stream_id, version)
                case Disposition.DEAD_LETTER:
                    await self._dead_letters.put(record.record, error)
        return disposition

    def _count(self, topic: str, outcome: str, records: int) -> None:
        if records:
            self._metrics.records.labels(self._consumer.group, topic, outcome).inc(records)


def _pending_events(
    records: Sequence[DecodedRecord], state: StreamState
) -> tuple[list[ConsumedEvent] | None, StreamState]:
    """The events to apply and the checkpoint after them; None if a record must be dead-lettered."""
    pending: list[ConsumedEvent] = []
    for record in records:
        version = record.position[1] if record.position else 0
        disposition = decide_disposition(
            version, state, readable=record.event is not None, gapless=record.gapless
        )
        if disposition is Disposition.APPLY and record.event is not None:
            pending.append(record.event)
        elif disposition is not Disposition.IGNORE:
            return None, state
        state = next_state(disposition, version, state)
    return pending, state


def _quarantine_reason(version: int, state: StreamState) -> str:
    if state.is_quarantined:
        return "follows its quarantined stream"
    return f"gap: version {version} after {state.last_version}"


def _batches(records: Sequence[ConsumerRecord]) -> Iterator[list[ConsumerRecord]]:
    remaining = iter(records)
    while batch := list(islice(remaining, MAX_BATCH_RECORDS)):
        yield batch

"""Applying one partition's records: together when all is well, one by one when something is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.messaging.checkpoints import lock_streams, quarantine, save_versions
from vinculo.messaging.consumed_event import ConsumedEvent, TopicSource, is_poison
from vinculo.messaging.consumer import Consumer
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

TOGETHER = 100


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """Everything before `next_offset` is done; `fault` says why the rest is not."""

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
        for chunk in _chunks(records):
            items = [decode_record(record, source) for record in chunk]
            for item in await self._together(items):
                try:
                    await self._alone(item)
                except Exception as fault:  # noqa: BLE001 - whatever it is, it is tried again
                    return BatchProgress(item.record.offset, fault)
        return BatchProgress(records[-1].offset + 1)

    async def _together(self, items: Sequence[DecodedRecord]) -> list[DecodedRecord]:
        """Apply what raises no question in one transaction; give the rest, in order of offset.

        After any error nothing of it is applied and all is given back: one by one it shows which
        record it is.
        """
        streams: dict[str, list[DecodedRecord]] = {}
        for item in items:
            if item.position is not None:
                streams.setdefault(item.position[0], []).append(item)
        if not streams:
            return list(items)
        try:
            async with self._consumer.engine.begin() as connection:
                states = await lock_streams(connection, self._consumer.group, list(streams))
                questionable = await self._apply_streams(connection, streams, states)
                crash_point("consumer-before-commit-transaction")
        except Exception:  # noqa: BLE001 - it is met again one by one, and dealt with there
            return list(items)
        rest = [item for item in items if item.position is None or item.position[0] in questionable]
        self._count(items[0].record.topic, "applied", len(items) - len(rest))
        return rest

    async def _apply_streams(
        self,
        connection: AsyncConnection,
        streams: dict[str, list[DecodedRecord]],
        states: dict[str, StreamState],
    ) -> set[str]:
        questionable: set[str] = set()
        versions: dict[str, int] = {}
        for stream_id, items in sorted(streams.items()):
            fresh, state = _fresh(items, states[stream_id])
            if fresh is None:
                questionable.add(stream_id)
            elif fresh:
                await self._consumer.apply(connection, fresh)
                versions[stream_id] = state.last_version
        await save_versions(connection, self._consumer.group, versions)
        return questionable

    async def _alone(self, item: DecodedRecord) -> None:
        topic = item.record.topic
        if item.position is None:
            await self._dead_letters.put(item.record, item.error)
            self._count(topic, "dead_lettered", 1)
            return
        try:
            verdict = await self._judged(item, item.position, item.received, item.error)
        except Exception as error:
            if not is_poison(error):
                raise
            verdict = await self._judged(item, item.position, None, safe_reason(error))
        self._count(topic, _OUTCOMES[verdict], 1)

    async def _judged(
        self,
        item: DecodedRecord,
        position: tuple[str, int],
        received: ConsumedEvent | None,
        error: str,
    ) -> Disposition:
        """Decide under the guard's lock, which replay takes too, and act before it is given up."""
        stream_id, version = position
        group = self._consumer.group
        async with self._consumer.engine.begin() as connection:
            state = (await lock_streams(connection, group, [stream_id]))[stream_id]
            verdict = decide_disposition(
                version, state, readable=received is not None, gapless=item.gapless
            )
            match verdict:
                case Disposition.APPLY if received is not None:
                    await self._consumer.apply(connection, [received])
                    await save_versions(connection, group, {stream_id: version})
                    crash_point("consumer-before-commit-transaction")
                case Disposition.QUARANTINE:
                    await self._dead_letters.put(item.record, error or _why(version, state))
                    crash_point("quarantine-after-dead-letter")
                    await quarantine(connection, group, stream_id, version)
                case Disposition.DEAD_LETTER:
                    await self._dead_letters.put(item.record, error)
        return verdict

    def _count(self, topic: str, outcome: str, records: int) -> None:
        if records:
            self._metrics.records.labels(self._consumer.group, topic, outcome).inc(records)


_OUTCOMES = {
    Disposition.APPLY: "applied",
    Disposition.IGNORE: "ignored",
    Disposition.QUARANTINE: "quarantined",
    Disposition.DEAD_LETTER: "dead_lettered",
}


def _fresh(
    items: Sequence[DecodedRecord], state: StreamState
) -> tuple[list[ConsumedEvent] | None, StreamState]:
    """Give what is to be applied and the state after it; None when a record needs more care."""
    fresh: list[ConsumedEvent] = []
    for item in items:
        version = item.position[1] if item.position else 0
        verdict = decide_disposition(
            version, state, readable=item.received is not None, gapless=item.gapless
        )
        if verdict is Disposition.APPLY and item.received is not None:
            fresh.append(item.received)
        elif verdict is not Disposition.IGNORE:
            return None, state
        state = next_state(verdict, version, state)
    return fresh, state


def _why(version: int, state: StreamState) -> str:
    if state.is_quarantined:
        return "follows its quarantined stream"
    return f"gap: version {version} after {state.last_version}"


def _chunks(records: Sequence[ConsumerRecord]) -> Iterator[list[ConsumerRecord]]:
    waiting = iter(records)
    while chunk := list(islice(waiting, TOGETHER)):
        yield chunk

"""The consumer engine: applies records in order, whatever the database of the checkpoints.

Records without an effect advance their streams by one statement. The others are applied as one
batch. If that fails the batch is halved until the failing record is alone: it is dead-lettered and
its stream quarantined, or the failure is that of a server and is raised.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol, TypeAlias

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.messaging.checkpoints import (
    Checkpoints,
    DecidedRecord,
    FaultKind,
    SkippedRun,
    UnitOfWork,
)
from vinculo.messaging.decoding import DecodedRecord
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.ordering_policy import (
    APPLY,
    IGNORE,
    Decision,
    Disposition,
    QuarantineReason,
    StreamState,
    decide,
    next_state,
)
from vinculo.process import crash_point

MAX_BATCH_RECORDS: Final = 100
MAX_CONFLICTS: Final = 5

Location: TypeAlias = tuple[str, int, int]


class DeadLetterSink(Protocol):
    async def put(
        self, record: ConsumerRecord, reason: QuarantineReason, error: str, attempts: int = 1
    ) -> None:
        """Return after the dead letter is safe."""


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """The records before `next` are done; `fault` is the error that stopped the others."""

    next: ConsumerRecord | None = None
    fault: Exception | None = None


class _Stopped(Exception):
    """A record cannot be processed now."""

    def __init__(self, record: ConsumerRecord, fault: Exception) -> None:
        super().__init__(str(fault))
        self.record = record
        self.fault = fault


class PartitionProcessor:
    """`on_decided` is called with the records of every stored batch and what was done with them."""

    def __init__(
        self,
        checkpoints: Checkpoints,
        dead_letters: DeadLetterSink,
        *,
        max_tries: int,
        max_batch_records: int = MAX_BATCH_RECORDS,
        on_decided: Callable[[Sequence[DecidedRecord]], None] = lambda _: None,
    ) -> None:
        self._checkpoints = checkpoints
        self._dead_letters = dead_letters
        self._max_tries = max_tries
        self._max_batch_records = max_batch_records
        self._on_decided = on_decided
        self._tries: Counter[Location] = Counter()

    async def run(self, records: Sequence[DecodedRecord]) -> BatchProgress:
        """Apply the records in order, up to the first that cannot be processed now."""
        for batch in _batches(records, self._max_batch_records):
            try:
                await self._process(await self._without_skipped(batch))
            except _Stopped as stopped:
                return BatchProgress(stopped.record, stopped.fault)
        return BatchProgress()

    async def _without_skipped(self, batch: Sequence[DecodedRecord]) -> Sequence[DecodedRecord]:
        """Skip the streams whose records all have no effect; the records of the others."""
        runs = _skippable_runs(batch)
        if not runs:
            return batch
        try:
            skipped = await self._checkpoints.skip(list(runs.values()))
        except Exception as fault:
            raise _Stopped(batch[0].record, fault) from fault
        self._on_decided(
            [
                DecidedRecord(each, IGNORE, StreamState())
                for each in batch
                if each.position is not None and each.position[0] in skipped
            ]
        )
        return [each for each in batch if each.position is None or each.position[0] not in skipped]

    async def _process(self, batch: Sequence[DecodedRecord]) -> None:
        """Apply the batch, by halves after an error that some record of it may have caused."""
        if not batch:
            return
        try:
            await self._apply(batch)
        except Exception as error:
            kind = self._checkpoints.fault_kind(error)
            if kind is FaultKind.SERVER:
                raise _Stopped(batch[0].record, error) from error
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._process(batch[:middle])
                await self._process(batch[middle:])
                return
            problem = self._problem_after(batch[0], kind)
            if problem is None:
                raise _Stopped(batch[0].record, error) from error
            await self._dead_letter(batch[0].with_problem(problem, safe_reason(error)))

    async def _dead_letter(self, record: DecodedRecord) -> None:
        try:
            await self._apply([record])
        except Exception as error:
            raise _Stopped(record.record, error) from error
        self._tries.pop(_location(record), None)

    def _problem_after(self, record: DecodedRecord, kind: FaultKind) -> QuarantineReason | None:
        """Why the record is dead-lettered; None if it is tried again."""
        if kind is FaultKind.POISON:
            return QuarantineReason.POISON
        if kind is FaultKind.KEY_MISSING:
            return QuarantineReason.KEY_MISSING
        location = _location(record)
        self._tries[location] += 1
        if self._tries[location] < self._max_tries:
            return None
        return QuarantineReason.REPEATED_ERRORS

    async def _apply(self, batch: Sequence[DecodedRecord]) -> None:
        """Decide and store while the checkpoints are held, as a replay does.

        A record is dead-lettered once, even if the batch is repeated after a conflict.
        """
        dead_lettered: set[Location] = set()
        for conflicts in range(MAX_CONFLICTS + 1):
            try:
                async with self._checkpoints.begin(batch) as unit:
                    decided = decide_all(batch, unit)
                    await self._put_dead_letters(decided, dead_lettered)
                    await unit.commit(decided)
            except Exception as error:
                kind = self._checkpoints.fault_kind(error)
                if kind is not FaultKind.CONFLICT or conflicts == MAX_CONFLICTS:
                    raise
                continue
            for each in decided if self._tries else ():
                self._tries.pop(_location(each.record), None)
            self._on_decided(decided)
            return

    async def _put_dead_letters(
        self, decided: Sequence[DecidedRecord], dead_lettered: set[Location]
    ) -> None:
        for each in decided:
            reason = each.decision.reason
            if reason is None or (location := _location(each.record)) in dead_lettered:
                continue
            attempts = max(1, self._tries[location])
            await self._dead_letters.put(each.record.record, reason, _error(each), attempts)
            dead_lettered.add(location)
            crash_point("quarantine-after-dead-letter")


def decide_all(batch: Sequence[DecodedRecord], unit: UnitOfWork) -> list[DecidedRecord]:
    """What to do with each record, given the checkpoints and the records before it."""
    states: dict[str, StreamState] = {}
    decided = []
    for record in batch:
        if record.position is None:
            decided.append(DecidedRecord(record, _decide_without_stream(record), StreamState()))
            continue
        stream_id, version = record.position
        before = states.get(stream_id) or unit.state(stream_id)
        # Fast path: almost every record is the next version of an unquarantined stream. The
        # policy would decide the same.
        if (
            version == before.last_version + 1
            and record.problem is None
            and before.last_dead_lettered_version is None
        ):
            decision = APPLY
            after = StreamState(
                last_version=version, event_id=record.event_id, store_epoch=record.store_epoch
            )
        else:
            decision = decide(record.arrival, before)
            after = next_state(decision, record.arrival, before)
        states[stream_id] = after
        decided.append(DecidedRecord(record, decision, after))
    return decided


def _decide_without_stream(record: DecodedRecord) -> Decision:
    """A record that is not discarded cannot be applied, as its stream is not known."""
    if record.has_no_effect:
        return IGNORE
    return Decision(Disposition.DEAD_LETTER, record.problem or QuarantineReason.POISON)


def _error(each: DecidedRecord) -> str:
    """The error of the record itself, or why its stream prevents applying it."""
    if each.record.error:
        return each.record.error
    match each.decision.reason:
        case QuarantineReason.DIVERGED:
            return "another history than the one that was applied"
        case QuarantineReason.GAP:
            version = each.record.arrival.version
            return f"gap: version {version} after {each.state.last_version}"
        case _:
            return "follows its quarantined stream"


def _skippable_runs(batch: Sequence[DecodedRecord]) -> Mapping[str, SkippedRun]:
    """The streams of which every record of the batch has no effect and follows the one before."""
    if not any(each.event is None and each.problem is None for each in batch):
        return {}
    runs: dict[str, SkippedRun] = {}
    others: set[str] = set()
    for each in batch:
        if each.position is None:
            continue
        stream_id, version = each.position
        run = runs.get(stream_id)
        follows = run is None or version == run.last_version + 1
        if not (each.gapless and each.has_no_effect and follows):
            others.add(stream_id)
            continue
        first = version if run is None else run.first_version
        runs[stream_id] = SkippedRun(stream_id, first, version, each.event_id, each.store_epoch)
    return {stream_id: run for stream_id, run in runs.items() if stream_id not in others}


def _location(each: DecodedRecord) -> Location:
    return each.record.topic, each.record.partition, each.record.offset


def _batches(records: Sequence[DecodedRecord], size: int) -> Iterator[list[DecodedRecord]]:
    remaining = iter(records)
    while batch := list(islice(remaining, size)):
        yield batch

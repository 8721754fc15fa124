"""Replays and discards dead letters, in the order of their streams.

A replay holds the same checkpoints as the consumer, so both may run at the same time.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from vinculo.messaging.checkpoints import (
    DecidedRecord,
    FaultKind,
    LetterKey,
    Outcome,
    QuarantinedStream,
    Resolution,
)
from vinculo.messaging.consumer import Consumer
from vinculo.messaging.dead_letters import DeadLetter, read_dead_letters
from vinculo.messaging.decoding import DecodedRecord
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.ordering_policy import (
    Decision,
    Disposition,
    QuarantineReason,
    ReplayDisposition,
    StreamState,
    decide_replay,
    is_released,
    next_state,
    released,
)

MAX_CONFLICTS: Final = 5


class UnknownDeadLetter(LookupError):
    """There is no unresolved dead letter at this location."""


class EarlierVersionPending(ValueError):
    """An earlier version of the stream is unresolved; discarding a later one breaks the order."""


class NotDiverged(LookupError):
    """Only a diverged stream can be resynchronised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOutcome:
    """The result for one dead letter: applied, dropped, or left with a reason in `blocked_by`."""

    applied: bool = False
    blocked_by: str = ""
    released_stream: str = ""


@dataclass(slots=True)
class ReplayReport:
    """Names of dead letters by outcome; `waiting` has the reasons of those that are left."""

    applied: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    released_streams: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)

    @property
    def resolved_count(self) -> int:
        return len(self.applied) + len(self.dropped)

    def add_report(self, other: "ReplayReport") -> None:
        """Add what another consumer did with the same dead letters, each outcome once."""
        for mine, theirs in (
            (self.applied, other.applied),
            (self.dropped, other.dropped),
            (self.released_streams, other.released_streams),
        ):
            mine += [each for each in theirs if each not in mine]
        self.waiting |= other.waiting

    def add(self, name: str, outcome: ReplayOutcome) -> None:
        if outcome.blocked_by:
            self.waiting[name] = outcome.blocked_by
        elif outcome.applied:
            self.applied.append(name)
        else:
            self.dropped.append(name)
        if outcome.released_stream:
            self.released_streams.append(outcome.released_stream)

    def lines(self) -> list[str]:
        """The report as a command prints it."""
        return [
            *(f"applied  {name}" for name in self.applied),
            *(f"dropped  {name}" for name in self.dropped),
            *(f"released {stream}" for stream in self.released_streams),
            *(f"waiting  {name}: {reason}" for name, reason in self.waiting.items()),
        ]


@dataclass(frozen=True, slots=True)
class PendingDeadLetter:
    dead_letter: DeadLetter
    decoded: DecodedRecord

    @property
    def stream_id(self) -> str:
        """The stream; a dead letter without one has its name instead, and is alone."""
        return self.decoded.position[0] if self.decoded.position else self.dead_letter.name

    @property
    def version(self) -> int:
        return self.decoded.position[1] if self.decoded.position else 0


async def list_dead_letters(consumer: Consumer) -> list[DeadLetter]:
    """The unresolved dead letters, each once, in order of arrival."""
    return [pending.dead_letter for pending in await _pending_dead_letters(consumer)]


async def replay(consumer: Consumer, streams: AbstractSet[str] | None = None) -> ReplayReport:
    """Apply all dead letters that can be applied, each stream in order of versions.

    With `streams`, only those of these streams. It is repeated until nothing more can be applied.
    An error of a server is raised, and what was applied before stays.
    """
    report = ReplayReport()
    while True:
        resolved_before = report.resolved_count
        report.waiting.clear()
        pending = await _pending_dead_letters(consumer)
        if streams is not None:
            pending = [each for each in pending if each.stream_id in streams]
        await replay_pending(consumer, pending, report)
        if report.resolved_count == resolved_before:
            return report


async def replay_pending(
    consumer: Consumer, pending: Iterable[PendingDeadLetter], report: ReplayReport
) -> None:
    """Apply these dead letters once, wherever they were read from, and add to the report."""
    for stream in _by_stream(pending):
        await _replay_stream(consumer, stream, report)


async def resync(consumer: Consumer, stream_id: str) -> ReplayReport:
    """Continue a diverged stream with the history of the log.

    The dead letters of the stream are applied from the first that contradicted what was applied.
    What was applied of the other history stays, unless the database can take it back.

    Raises:
        NotDiverged: the stream is not quarantined as diverged.

    """
    quarantined = await consumer.checkpoints.quarantined_streams()
    diverged = next((each for each in quarantined if each.stream_id == stream_id), None)
    if diverged is None or diverged.reason is not QuarantineReason.DIVERGED:
        raise NotDiverged(f"{stream_id} is not diverged")
    pending = await _pending_dead_letters(consumer)
    if blocked_by := await rewind_diverged(consumer, diverged, pending):
        return ReplayReport(waiting={stream_id: blocked_by})
    return await replay(consumer, {stream_id})


async def rewind_diverged(
    consumer: Consumer, diverged: QuarantinedStream, pending: Iterable[PendingDeadLetter]
) -> str:
    """Make the stream's first dead letter of the other history applicable.

    Returns why that is not possible now, or an empty text. An error of a server is raised.
    """
    versions = [
        each.version
        for each in pending
        if each.stream_id == diverged.stream_id
        and each.dead_letter.reason is QuarantineReason.DIVERGED
    ]
    first = min(versions, default=diverged.last_version + 1)
    version = min(first - 1, diverged.last_version)
    for conflicts in range(MAX_CONFLICTS + 1):
        try:
            await consumer.checkpoints.rewind(diverged.stream_id, version)
        except Exception as error:
            kind = consumer.checkpoints.fault_kind(error)
            if kind is FaultKind.SERVER:
                raise
            if kind is not FaultKind.CONFLICT or conflicts == MAX_CONFLICTS:
                return safe_reason(error)
            continue
        return ""
    raise AssertionError("unreachable")


async def discard(
    consumer: Consumer,
    topic: str,
    partition: int,
    offset: int,
    *,
    discarded_by: str,
    reason: str,
) -> None:
    """Skip the version of a dead letter, so that its stream continues after it.

    Another dead letter of the same version can still be applied.

    Raises:
        UnknownDeadLetter: there is no unresolved dead letter at this location.
        EarlierVersionPending: an earlier version of the stream is unresolved.

    """
    unresolved = await _pending_dead_letters(consumer)
    location = (topic, partition, offset)
    discarded = next((each for each in unresolved if each.dead_letter.key[:3] == location), None)
    if discarded is None:
        raise UnknownDeadLetter(f"no dead letter {topic}/{partition}/{offset} is waiting")
    resolution = Resolution(
        key=discarded.dead_letter.key,
        outcome=Outcome.DISCARDED,
        resolved_by=discarded_by,
        reason=reason,
    )
    record = discarded.decoded
    async with consumer.checkpoints.begin([record]) as unit:
        decided: list[DecidedRecord] = []
        if record.position is not None and record.gapless:
            stream_id, version = record.position
            state = unit.state(stream_id)
            others = [
                each.version
                for each in unresolved
                if each.stream_id == stream_id and each is not discarded
            ]
            earlier = [other for other in others if state.last_version < other < version]
            if earlier:
                raise EarlierVersionPending(
                    f"version {min(earlier)} of {stream_id} waits before it"
                )
            if version > state.last_version and version not in others:
                decided = [_decided(record.without_effect(), state)]
        await unit.commit(decided, [resolution])


async def _pending_dead_letters(consumer: Consumer) -> list[PendingDeadLetter]:
    letters: dict[LetterKey, PendingDeadLetter] = {}
    for dead_letter in await read_dead_letters(consumer.kafka, consumer.group):
        if dead_letter.key not in letters and consumer.source_of(dead_letter.topic) is not None:
            letters[dead_letter.key] = PendingDeadLetter(
                dead_letter, consumer.decode(dead_letter.record)
            )
    unresolved = set(
        await consumer.checkpoints.unresolved({key: each.decoded for key, each in letters.items()})
    )
    return [each for key, each in letters.items() if key in unresolved]


def _by_stream(pending: Iterable[PendingDeadLetter]) -> list[list[PendingDeadLetter]]:
    """The dead letters of each stream, in order of versions."""
    streams: dict[str, list[PendingDeadLetter]] = {}
    for each in pending:
        streams.setdefault(each.stream_id, []).append(each)
    return [sorted(stream, key=lambda each: each.version) for stream in streams.values()]


async def _replay_stream(
    consumer: Consumer, stream: Sequence[PendingDeadLetter], report: ReplayReport
) -> None:
    """Replay version by version, and stop at the first that cannot be applied.

    Of several dead letters with the same version, the first that can be applied is.
    """
    blocked_by = ""
    for version, same_version in groupby(stream, key=lambda each: each.version):
        if blocked_by:
            report.waiting |= {each.dead_letter.name: blocked_by for each in same_version}
            continue
        outcomes = [(each, await _replay_dead_letter(consumer, each)) for each in same_version]
        for each, outcome in outcomes:
            report.add(each.dead_letter.name, outcome)
        if stream[0].decoded.gapless and all(outcome.blocked_by for _, outcome in outcomes):
            blocked_by = f"follows version {version}, which waits"


async def _replay_dead_letter(consumer: Consumer, pending: PendingDeadLetter) -> ReplayOutcome:
    if pending.decoded.position is None:
        return ReplayOutcome(blocked_by=pending.decoded.error)
    for conflicts in range(MAX_CONFLICTS + 1):
        try:
            return await _replay_once(consumer, pending, pending.decoded.position[0])
        except Exception as error:
            kind = consumer.checkpoints.fault_kind(error)
            if kind is FaultKind.SERVER:
                raise
            if kind is not FaultKind.CONFLICT or conflicts == MAX_CONFLICTS:
                return ReplayOutcome(blocked_by=safe_reason(error))
    raise AssertionError("unreachable")


async def _replay_once(
    consumer: Consumer, pending: PendingDeadLetter, stream_id: str
) -> ReplayOutcome:
    record, key = pending.decoded, pending.dead_letter.key
    async with consumer.checkpoints.begin([record]) as unit:
        state = unit.state(stream_id)
        disposition = decide_replay(record.arrival, state)
        match disposition:
            case ReplayDisposition.STOP:
                return ReplayOutcome(blocked_by=record.error or _blocked_by(state))
            case ReplayDisposition.APPLY:
                decided = _decided(record, state)
                outcome = Outcome.REPLAYED
            case ReplayDisposition.DROP:
                after = released(state) if is_released(state) else state
                decided = DecidedRecord(record, Decision(Disposition.IGNORE), after)
                outcome = Outcome.DROPPED
        await unit.commit([decided], [Resolution(key=key, outcome=outcome)])
    is_lifted = state.is_quarantined and not decided.state.is_quarantined
    return ReplayOutcome(
        applied=disposition is ReplayDisposition.APPLY,
        released_stream=stream_id if is_lifted else "",
    )


def _decided(record: DecodedRecord, state: StreamState) -> DecidedRecord:
    decision = Decision(Disposition.APPLY)
    return DecidedRecord(record, decision, next_state(decision, record.arrival, state))


def _blocked_by(state: StreamState) -> str:
    if state.reason is QuarantineReason.DIVERGED:
        return "the stream has diverged: only a resync continues it"
    return f"waits for version {state.last_version + 1}"

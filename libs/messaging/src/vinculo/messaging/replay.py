"""Replays and discards dead letters, in the order of their streams.

A replay locks the same checkpoints as the consumer, so both may run at the same time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from vinculo.events import VersionConflict
from vinculo.messaging.checkpoints import (
    lift_quarantine,
    lock_streams,
    resolve_dead_letter,
    resolved_dead_letters,
    save_versions,
)
from vinculo.messaging.consumer import Consumer, is_poison
from vinculo.messaging.dead_letters import DeadLetter, read_dead_letters
from vinculo.messaging.decoding import DecodedRecord, decode_record
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.ordering_policy import ReplayDisposition, decide_replay

CONFLICT_RETRIES = 5
REPLAYED, DROPPED, DISCARDED = "replayed", "dropped", "discarded"


class UnknownDeadLetter(LookupError):
    """There is no unresolved dead letter at this location."""


class EarlierVersionPending(ValueError):
    """An earlier version of the stream is unresolved; discarding a later one breaks the order."""


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


async def replay(consumer: Consumer) -> ReplayReport:
    """Apply all dead letters that can be applied, each stream in order of versions.

    It is repeated until nothing more can be applied. A fault of `Consumer.apply` is raised, and
    what was applied before stays.
    """
    report = ReplayReport()
    while True:
        resolved_before = report.resolved_count
        report.waiting.clear()
        for stream in _by_stream(await _pending_dead_letters(consumer)):
            await _replay_stream(consumer, stream, report)
        if report.resolved_count == resolved_before:
            return report


async def discard(consumer: Consumer, topic: str, partition: int, offset: int) -> None:
    """Skip the version of a dead letter, so that its stream continues after it.

    Another dead letter of the same version can still be applied.

    Raises:
        UnknownDeadLetter: there is no unresolved dead letter at this location.
        EarlierVersionPending: an earlier version of the stream is unresolved.

    """
    location = (topic, partition, offset)
    unresolved = await _pending_dead_letters(consumer)
    discarded = next((each for each in unresolved if each.dead_letter.location == location), None)
    if discarded is None:
        raise UnknownDeadLetter(f"no dead letter {topic}/{partition}/{offset} is waiting")
    async with consumer.engine.begin() as connection:
        if discarded.decoded.position is not None and discarded.decoded.gapless:
            stream_id, version = discarded.decoded.position
            state = (await lock_streams(connection, consumer.group, [stream_id]))[stream_id]
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
                await save_versions(connection, consumer.group, {stream_id: version})
                await lift_quarantine(connection, consumer.group, stream_id, version)
        await resolve_dead_letter(connection, consumer.group, location, DISCARDED)


async def _pending_dead_letters(consumer: Consumer) -> list[PendingDeadLetter]:
    async with consumer.engine.connect() as connection:
        resolved = await resolved_dead_letters(connection, consumer.group)
    pending: dict[tuple[str, int, int], PendingDeadLetter] = {}
    for dead_letter in await read_dead_letters(consumer.kafka, consumer.group):
        source = consumer.source_of(dead_letter.topic)
        if source is not None and dead_letter.location not in resolved:
            decoded = decode_record(dead_letter.record, source)
            pending.setdefault(dead_letter.location, PendingDeadLetter(dead_letter, decoded))
    return list(pending.values())


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
    stream_id, version = pending.decoded.position
    for _ in range(CONFLICT_RETRIES):
        try:
            return await _replay_once(consumer, pending, stream_id, version)
        except VersionConflict:
            continue
        except Exception as error:
            if not is_poison(error):
                raise
            return ReplayOutcome(blocked_by=safe_reason(error))
    return await _replay_once(consumer, pending, stream_id, version)


async def _replay_once(
    consumer: Consumer, pending: PendingDeadLetter, stream_id: str, version: int
) -> ReplayOutcome:
    group, location, decoded = consumer.group, pending.dead_letter.location, pending.decoded
    async with consumer.engine.begin() as connection:
        state = (await lock_streams(connection, group, [stream_id]))[stream_id]
        last_version = state.last_version
        disposition = decide_replay(
            version, state, readable=decoded.event is not None, gapless=decoded.gapless
        )
        match disposition:
            case ReplayDisposition.STOP:
                reason = decoded.error or f"waits for version {last_version + 1}"
                return ReplayOutcome(blocked_by=reason)
            case ReplayDisposition.APPLY if decoded.event is not None:
                await consumer.apply(connection, [decoded.event])
                await save_versions(connection, group, {stream_id: version})
                await resolve_dead_letter(connection, group, location, REPLAYED)
                last_version = version
            case _:
                await resolve_dead_letter(connection, group, location, DROPPED)
        is_lifted = await lift_quarantine(connection, group, stream_id, last_version)
    return ReplayOutcome(
        applied=disposition is ReplayDisposition.APPLY,
        released_stream=stream_id if is_lifted else "",
    )

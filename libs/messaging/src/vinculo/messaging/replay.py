"""What a replay did, for a person to read."""

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
from vinculo.messaging.consumed_event import is_poison
from vinculo.messaging.consumer import Consumer
from vinculo.messaging.dead_letters import DeadLetter, read_dead_letters
from vinculo.messaging.decoding import DecodedRecord, decode_record
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.ordering_policy import ReplayDisposition, decide_replay


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOutcome:
    """What became of one dead letter: applied, dropped, or waiting for a reason."""

    applied: bool = False
    why_waiting: str = ""
    released_stream: str = ""


@dataclass(slots=True)
class ReplayReport:
    """Names of dead letters by what became of them, and why the others still wait."""

    applied: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    released_streams: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        return len(self.applied) + len(self.dropped)

    def note(self, name: str, fate: ReplayOutcome) -> None:
        if fate.why_waiting:
            self.waiting[name] = fate.why_waiting
        elif fate.applied:
            self.applied.append(name)
        else:
            self.dropped.append(name)
        if fate.released_stream:
            self.released_streams.append(fate.released_stream)

    def lines(self) -> list[str]:
        """Give what a command prints."""
        return [
            *(f"applied  {name}" for name in self.applied),
            *(f"dropped  {name}" for name in self.dropped),
            *(f"released {stream}" for stream in self.released_streams),
            *(f"waiting  {name}: {why}" for name, why in self.waiting.items()),
        ]


CONFLICT_RETRIES = 5
REPLAYED, DROPPED, DISCARDED = "replayed", "dropped", "discarded"


class UnknownDeadLetter(LookupError):
    """No dead letter of that name is waiting."""


class EarlierVersionPending(ValueError):
    """Only the first waiting version of a stream can be given up, or its order would be lost."""


@dataclass(frozen=True, slots=True)
class PendingDeadLetter:
    letter: DeadLetter
    item: DecodedRecord


async def list_dead_letters(consumer: Consumer) -> list[DeadLetter]:
    """Give the dead letters that nothing has become of yet, each once, in order of arrival."""
    return [waiting.letter for waiting in await _waiting(consumer)]


async def replay(consumer: Consumer) -> ReplayReport:
    """Apply what can be applied now, stream by stream in version order, until nothing moves."""
    report = ReplayReport()
    while True:
        before = report.settled
        report.waiting.clear()
        for stream in _streams(await _waiting(consumer)):
            await _replay_stream(consumer, stream, report)
        if report.settled == before:
            return report


async def discard(consumer: Consumer, topic: str, partition: int, offset: int) -> None:
    """Give a dead letter up: its version counts as skipped, and the stream goes on after it.

    Another dead letter of the same version keeps its chance. Raises `UnknownDeadLetter` and
    `EarlierVersionWaits`.
    """
    everything = await _waiting(consumer)
    place = (topic, partition, offset)
    given_up = next((each for each in everything if each.letter.place == place), None)
    if given_up is None:
        raise UnknownDeadLetter(f"no dead letter {topic}/{partition}/{offset} is waiting")
    async with consumer.engine.begin() as connection:
        if given_up.item.position is not None and given_up.item.gapless:
            stream_id, version = given_up.item.position
            state = (await lock_streams(connection, consumer.group, [stream_id]))[stream_id]
            others = [
                _version(each)
                for each in everything
                if _stream(each) == stream_id and each is not given_up
            ]
            earlier = [other for other in others if state.last_version < other < version]
            if earlier:
                raise EarlierVersionPending(
                    f"version {min(earlier)} of {stream_id} waits before it"
                )
            if version > state.last_version and version not in others:
                await save_versions(connection, consumer.group, {stream_id: version})
                await lift_quarantine(connection, consumer.group, stream_id, version)
        await resolve_dead_letter(connection, consumer.group, place, DISCARDED)


async def _waiting(consumer: Consumer) -> list[PendingDeadLetter]:
    async with consumer.engine.connect() as connection:
        known = await resolved_dead_letters(connection, consumer.group)
    waiting: dict[tuple[str, int, int], PendingDeadLetter] = {}
    for letter in await read_dead_letters(consumer.kafka, consumer.group):
        source = consumer.source_of(letter.topic)
        if source is not None and letter.place not in known:
            waiting.setdefault(
                letter.place, PendingDeadLetter(letter, decode_record(letter.record, source))
            )
    return list(waiting.values())


def _version(waiting: PendingDeadLetter) -> int:
    return waiting.item.position[1] if waiting.item.position else 0


def _stream(waiting: PendingDeadLetter) -> str:
    """Name the stream; what names none stands alone."""
    return waiting.item.position[0] if waiting.item.position else waiting.letter.name


def _streams(waiting: Iterable[PendingDeadLetter]) -> list[list[PendingDeadLetter]]:
    streams: dict[str, list[PendingDeadLetter]] = {}
    for each in waiting:
        streams.setdefault(_stream(each), []).append(each)
    return [sorted(stream, key=_version) for stream in streams.values()]


async def _replay_stream(
    consumer: Consumer, stream: Sequence[PendingDeadLetter], report: ReplayReport
) -> None:
    """Of several letters with one version the first that applies wins; if none does, stop."""
    stopped = ""
    for version, letters in groupby(stream, key=_version):
        if stopped:
            report.waiting |= {each.letter.name: stopped for each in letters}
            continue
        fates = [(each, await _replay_letter(consumer, each)) for each in letters]
        for each, fate in fates:
            report.note(each.letter.name, fate)
        if stream[0].item.gapless and all(fate.why_waiting for _, fate in fates):
            stopped = f"follows version {version}, which waits"


async def _replay_letter(consumer: Consumer, waiting: PendingDeadLetter) -> ReplayOutcome:
    item = waiting.item
    if item.position is None:
        return ReplayOutcome(why_waiting=item.error)
    for _ in range(CONFLICT_RETRIES):
        try:
            return await _replay_once(consumer, waiting.letter, item, *item.position)
        except VersionConflict:
            continue
        except Exception as error:
            if not is_poison(error):
                raise
            return ReplayOutcome(why_waiting=safe_reason(error))
    return await _replay_once(consumer, waiting.letter, item, *item.position)


async def _replay_once(
    consumer: Consumer, letter: DeadLetter, item: DecodedRecord, stream_id: str, version: int
) -> ReplayOutcome:
    group = consumer.group
    async with consumer.engine.begin() as connection:
        state = (await lock_streams(connection, group, [stream_id]))[stream_id]
        readable = item.received is not None
        verdict = decide_replay(version, state, readable=readable, gapless=item.gapless)
        last_version = state.last_version
        match verdict:
            case ReplayDisposition.STOP:
                return ReplayOutcome(
                    why_waiting=item.error or f"waits for version {last_version + 1}"
                )
            case ReplayDisposition.APPLY if item.received is not None:
                await consumer.apply(connection, [item.received])
                await save_versions(connection, group, {stream_id: version})
                await resolve_dead_letter(connection, group, letter.place, REPLAYED)
                last_version = version
            case _:
                await resolve_dead_letter(connection, group, letter.place, DROPPED)
        released = await lift_quarantine(connection, group, stream_id, last_version)
    return ReplayOutcome(
        applied=verdict is ReplayDisposition.APPLY, released_stream=stream_id if released else ""
    )

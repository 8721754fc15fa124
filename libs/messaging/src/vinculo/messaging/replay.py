"""Dead letters heard again, after the code or what was missing is mended; or discarded by name.

Replay may run while the worker does: both lock the guard before anything else, and the quarantine
ends only if nothing later than what was applied has been dead-lettered meanwhile.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from vinculo.eventstore import VersionConflict
from vinculo.messaging.consumer import Consumer
from vinculo.messaging.dead_letters import DeadLetter, read_dead_letters
from vinculo.messaging.failures import reason_of
from vinculo.messaging.guards import lock_streams, release, save_versions, settle, settled
from vinculo.messaging.items import Item, read_item
from vinculo.messaging.received import is_poison
from vinculo.messaging.replay_report import Fate, ReplayReport
from vinculo.messaging.verdicts import ReplayVerdict, judge_replay

CONFLICT_RETRIES = 5
REPLAYED, DROPPED, DISCARDED = "replayed", "dropped", "discarded"


class UnknownDeadLetter(LookupError):
    """No dead letter of that name is waiting."""


class EarlierVersionWaits(ValueError):
    """Only the first waiting version of a stream can be given up, or its order would be lost."""


@dataclass(frozen=True, slots=True)
class Waiting:
    letter: DeadLetter
    item: Item


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
                raise EarlierVersionWaits(f"version {min(earlier)} of {stream_id} waits before it")
            if version > state.last_version and version not in others:
                await save_versions(connection, consumer.group, {stream_id: version})
                await release(connection, consumer.group, stream_id, version)
        await settle(connection, consumer.group, place, DISCARDED)


async def _waiting(consumer: Consumer) -> list[Waiting]:
    async with consumer.engine.connect() as connection:
        known = await settled(connection, consumer.group)
    waiting: dict[tuple[str, int, int], Waiting] = {}
    for letter in await read_dead_letters(consumer.kafka, consumer.group):
        source = consumer.source_of(letter.topic)
        if source is not None and letter.place not in known:
            waiting.setdefault(letter.place, Waiting(letter, read_item(letter.record, source)))
    return list(waiting.values())


def _version(waiting: Waiting) -> int:
    return waiting.item.position[1] if waiting.item.position else 0


def _stream(waiting: Waiting) -> str:
    """Name the stream; what names none stands alone."""
    return waiting.item.position[0] if waiting.item.position else waiting.letter.name


def _streams(waiting: Iterable[Waiting]) -> list[list[Waiting]]:
    streams: dict[str, list[Waiting]] = {}
    for each in waiting:
        streams.setdefault(_stream(each), []).append(each)
    return [sorted(stream, key=_version) for stream in streams.values()]


async def _replay_stream(
    consumer: Consumer, stream: Sequence[Waiting], report: ReplayReport
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


async def _replay_letter(consumer: Consumer, waiting: Waiting) -> Fate:
    item = waiting.item
    if item.position is None:
        return Fate(why_waiting=item.error)
    for _ in range(CONFLICT_RETRIES):
        try:
            return await _replay_once(consumer, waiting.letter, item, *item.position)
        except VersionConflict:
            continue
        except Exception as error:
            if not is_poison(error):
                raise
            return Fate(why_waiting=reason_of(error))
    return await _replay_once(consumer, waiting.letter, item, *item.position)


async def _replay_once(
    consumer: Consumer, letter: DeadLetter, item: Item, stream_id: str, version: int
) -> Fate:
    group = consumer.group
    async with consumer.engine.begin() as connection:
        state = (await lock_streams(connection, group, [stream_id]))[stream_id]
        readable = item.received is not None
        verdict = judge_replay(version, state, readable=readable, gapless=item.gapless)
        last_version = state.last_version
        match verdict:
            case ReplayVerdict.STOP:
                return Fate(why_waiting=item.error or f"waits for version {last_version + 1}")
            case ReplayVerdict.APPLY if item.received is not None:
                await consumer.apply(connection, [item.received])
                await save_versions(connection, group, {stream_id: version})
                await settle(connection, group, letter.place, REPLAYED)
                last_version = version
            case _:
                await settle(connection, group, letter.place, DROPPED)
        released = await release(connection, group, stream_id, last_version)
    return Fate(
        applied=verdict is ReplayVerdict.APPLY, released_stream=stream_id if released else ""
    )

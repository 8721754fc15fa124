"""Applying dead letters to a generation, once what was wrong with them is put right.

Of several letters with one version the first that applies wins; those that the document has
already are dropped; the first that still fails stops its stream. A stream is released by deleting
its row only where nothing later was set aside meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from vinculo.query_api.projection.fold import Incoming, Unreadable
from vinculo.query_api.projection.projection import Projection

Letter = Incoming | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """`versions` tells how far each stream's letters now are applied; `failed` which are not."""

    versions: Mapping[str, int]
    failed: Sequence[Letter]


async def replay(letters: Iterable[Letter], projection: Projection) -> Replayed:
    """Apply letters, given in the order in which they were set aside."""
    streams: dict[str, list[Letter]] = {}
    failed: list[Letter] = []
    for each in letters:
        stream = stream_of(each)
        if stream is not None:
            streams.setdefault(stream[0], []).append(each)
        elif not await projection.apply_letter(each):
            failed.append(each)
    versions: dict[str, int] = {}
    for stream_id, waiting in streams.items():
        version, left = await _replay_stream(waiting, projection)
        versions[stream_id] = version
        failed += left
    return Replayed(versions=versions, failed=failed)


def stream_of(letter: Letter) -> tuple[str, int] | None:
    """The stream that waits with the letter; None for one that was set aside alone."""
    if isinstance(letter, Unreadable):
        return letter.stream
    if not letter.feed.gapless:
        return None
    return letter.received.stream_id, letter.received.version


def _version(letter: Letter) -> int:
    stream = stream_of(letter)
    return 0 if stream is None else stream[1]


async def _replay_stream(letters: list[Letter], projection: Projection) -> tuple[int, list[Letter]]:
    applied = 0
    ordered = sorted(letters, key=_version)
    for version, alike in groupby(ordered, key=_version):
        if not await _apply_first(alike, projection):
            return applied, [each for each in ordered if _version(each) >= version]
        applied = version
    return applied, []


async def _apply_first(letters: Iterable[Letter], projection: Projection) -> bool:
    for each in letters:
        if await projection.apply_letter(each):
            return True
    return False

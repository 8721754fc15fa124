"""Waiting until the read model shows a position: a client reads its own write.

A command's position names a stream and its version; the document that the stream is folded into has
the version that it shows. A read's position is a number of applied records.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from pydantic import Field
from pymongo.errors import ExecutionTimeout

from vinculo.httpapi import parse_position
from vinculo.httpapi.consistency_token import MAX_POSITION_LENGTH
from vinculo.process import Backoff
from vinculo.query_api.mongo import Expression
from vinculo.query_api.read_model import LOG, Collections, ReadModel, records_applied

MinPosition: TypeAlias = Annotated[str, Field(max_length=MAX_POSITION_LENGTH)]

POLL_INTERVAL: Final = Backoff(initial_seconds=0.005, max_seconds=0.05, factor=1.25)
"""About a quarter of the time waited so far: a read ends soon after its condition holds."""
SECTIONS: Final[Mapping[str, str]] = {
    "application": "application",
    "dossier": "dossier",
    "customer": "registry",
}
"""Sections of a person's document, by the category of the stream that they are folded from."""

IsShown: TypeAlias = Callable[[Collections], Awaitable[bool]]


class PositionInvalid(Exception):
    """The text is not a position that the caller may wait for."""


class PositionNotShown(Exception):
    """The read model did not reach the position in time."""


POSITION_REFUSALS: Final = (PositionInvalid, PositionNotShown, ExecutionTimeout)
"""Of every read that waits for a position; its query may also take too long."""


class PositionWaiter:
    def __init__(self, read_model: ReadModel, timeout_seconds: float) -> None:
        self._read_model = read_model
        self._timeout_seconds = timeout_seconds

    async def wait_for(self, position: str | None, *, only_of: UUID | None = None) -> None:
        """Return once the read model shows the position; at once for None.

        With `only_of`, positions of other people's streams are invalid: their progress must not be
        disclosed.

        Raises:
            PositionInvalid: the text is not a position that the caller may wait for.
            PositionNotShown: the timeout has passed.

        """
        if position is None:
            return
        is_shown = _condition(position, only_of)
        deadline = time.monotonic() + self._timeout_seconds
        for polls in count():
            if await is_shown(await self._read_model.collections()):
                return
            if time.monotonic() >= deadline:
                raise PositionNotShown
            await asyncio.sleep(POLL_INTERVAL.delay_seconds(polls))


def _condition(position: str, only_of: UUID | None) -> IsShown:
    parsed = parse_position(position)
    if parsed is None:
        raise PositionInvalid
    stream_id, version = parsed
    if stream_id == LOG:
        return _has_applied(version)
    category, _, name = stream_id.partition("-")
    try:
        subject = UUID(name)
    except ValueError:
        raise PositionInvalid from None
    if only_of is not None and subject != only_of:
        raise PositionInvalid
    if category in SECTIONS:
        return _shows_person(subject, {f"{SECTIONS[category]}.version": {"$gte": version}})
    if category == "payer":
        return _shows_payer(subject, {"version": {"$gte": version}})
    raise PositionInvalid


def _has_applied(records: int) -> IsShown:
    async def is_shown(collections: Collections) -> bool:
        return await records_applied(collections.positions) >= records

    return is_shown


def _shows_person(person_id: UUID, version: Expression) -> IsShown:
    async def is_shown(collections: Collections) -> bool:
        found = await collections.people.find_one({"_id": person_id, **version}, {"_id": 1})
        return found is not None

    return is_shown


def _shows_payer(payer_id: UUID, version: Expression) -> IsShown:
    async def is_shown(collections: Collections) -> bool:
        found = await collections.payers.find_one({"_id": payer_id, **version}, {"_id": 1})
        return found is not None

    return is_shown

"""Reads that are given `min_position` wait, for a while, until the read model shows it.

A command's position names a stream and its version; the document that the stream is folded into
tells which version it holds. A read's position counts the records applied.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from pydantic import Field

from vinculo.httpapi import Problem, parse_position
from vinculo.httpapi.consistency_token import MAX_POSITION_LENGTH
from vinculo.query_api.mongo import Collection
from vinculo.query_api.read_model import LOG, Collections, ReadModel, records_applied

MinPosition: TypeAlias = Annotated[str, Field(max_length=MAX_POSITION_LENGTH)]

POLL_INTERVAL_SECONDS: Final = 0.05
SECTIONS: Final[Mapping[str, str]] = {
    "application": "application",
    "dossier": "dossier",
    "customer": "registry",
}
"""Parts of a person's document by the category of the stream that they are folded from."""

Reached: TypeAlias = Callable[[Collections], Awaitable[bool]]


class PositionWaiter:
    """`await waiting.shown(position)` comes back once it is shown, or raises a Problem."""

    def __init__(self, read_model: ReadModel, patience_seconds: float) -> None:
        self._read_model = read_model
        self._patience_seconds = patience_seconds

    async def shown(self, position: str | None, *, only_of: UUID | None = None) -> None:
        """Raises Problem 400 for what is no position, 503 for one not shown in time.

        With `only_of`, positions of other people's streams are none: how far those have come is
        nobody else's business.
        """
        if position is None:
            return
        reached = _reached(position, only_of)
        until = time.monotonic() + self._patience_seconds
        while not await reached(await self._read_model.collections()):
            if time.monotonic() >= until:
                raise Problem(503, "position-not-shown", headers={"Retry-After": "1"})
            await asyncio.sleep(POLL_INTERVAL_SECONDS)


def _reached(position: str, only_of: UUID | None) -> Reached:
    read = parse_position(position)
    if read is None:
        raise Problem(400, "position-invalid")
    stream_id, version = read
    if stream_id == LOG:
        return _records_reached(version)
    category, _, name = stream_id.partition("-")
    try:
        subject = UUID(name)
    except ValueError:
        raise Problem(400, "position-invalid") from None
    if only_of is not None and subject != only_of:
        raise Problem(400, "position-invalid")
    if category in SECTIONS:
        return _version_reached("people", subject, f"{SECTIONS[category]}.version", version)
    if category == "payer":
        return _version_reached("payers", subject, "version", version)
    raise Problem(400, "position-invalid")


def _records_reached(records: int) -> Reached:
    async def reached(collections: Collections) -> bool:
        return await records_applied(collections.positions) >= records

    return reached


def _version_reached(kind: str, subject: UUID, field: str, version: int) -> Reached:
    async def reached(collections: Collections) -> bool:
        documents: Collection = getattr(collections, kind)
        found = await documents.find_one({"_id": subject, field: {"$gte": version}}, {"_id": 1})
        return found is not None

    return reached

"""How fresh an answer is: up to which moment, and which position, the projector had applied all.

The position of an answer is the number of records applied: offsets change in the transactions that
write the documents, so that what a generation has shown is a matter of more or less. Another
generation reads the same log and counts the same records.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vinculo.httpapi import POSITION_HEADER, encode_position
from vinculo.query_api.mongo import Collection

LOG: Final = "log"
"""Stands for a stream in positions that reads give."""

MOMENTS: Final = ("caught_up_at", "event_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """`as_of` is None before the projector has reported for the first time."""

    as_of: datetime | None
    lag_seconds: float | None
    records: int

    def headers(self) -> dict[str, str]:
        position = {POSITION_HEADER: encode_position(LOG, self.records)}
        if self.lag_seconds is None:
            return position
        return {**position, "Vinculo-Lag": f"{self.lag_seconds:.3f}"}


async def read_freshness(positions: Collection, now: datetime) -> Freshness:
    """What the furthest behind of all topic partitions had reached.

    A partition with nothing left to read is as fresh as its last look; another as its last event.
    """
    known = await positions.find().to_list(None)
    records = sum(position["offset"] for position in known)
    reached = [
        max(moments)
        for position in known
        if (moments := [m for name in MOMENTS if (m := position.get(name)) is not None])
    ]
    if not reached:
        return Freshness(as_of=None, lag_seconds=None, records=records)
    as_of = min(reached)
    lag_seconds = max(0.0, (now - as_of).total_seconds())
    return Freshness(as_of=as_of, lag_seconds=lag_seconds, records=records)


async def records_applied(positions: Collection) -> int:
    known = await positions.find({}, {"offset": 1}).to_list(None)
    return sum(position["offset"] for position in known)

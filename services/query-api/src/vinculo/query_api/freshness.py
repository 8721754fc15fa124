"""How fresh an answer is: up to which moment the projector had applied everything."""

from dataclasses import dataclass
from datetime import datetime

from vinculo.query_api.mongo import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """`as_of` is None before the projector has reported for the first time."""

    as_of: datetime | None
    lag_seconds: float | None

    def headers(self) -> dict[str, str]:
        return {} if self.lag_seconds is None else {"Vinculo-Lag": f"{self.lag_seconds:.3f}"}


async def read_freshness(positions: Collection, now: datetime) -> Freshness:
    """What the furthest behind of all topic partitions had reached.

    A partition with nothing left to read is as fresh as its last look; another as its last event.
    """
    reached = [
        max(
            moment
            for moment in (position.get("caught_up_at"), position.get("event_at"))
            if moment is not None
        )
        async for position in positions.find()
        if position.get("caught_up_at") is not None or position.get("event_at") is not None
    ]
    if not reached:
        return Freshness(as_of=None, lag_seconds=None)
    as_of = min(reached)
    return Freshness(as_of=as_of, lag_seconds=max(0.0, (now - as_of).total_seconds()))

"""The active generation of the read model, as the API and the exporter read it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from vinculo.query_api.freshness import Freshness, read_freshness
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import Collection, Database


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collections:
    people: Collection
    events: Collection
    payers: Collection
    counters: Collection
    positions: Collection


class ReadModel:
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def collections(self) -> Collections:
        """Those of the generation in service; asked for at each request, as it may be switched."""
        names = collection_names(await active_generation(self._database))
        return Collections(
            people=self._database[names.people],
            events=self._database[names.events],
            payers=self._database[names.payers],
            counters=self._database[names.counters],
            positions=self._database[names.positions],
        )

    async def freshness(self, collections: Collections) -> Freshness:
        return await read_freshness(collections.positions, self._clock())

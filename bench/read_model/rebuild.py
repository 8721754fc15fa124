"""P3: rebuilding the read model from the log, compared with plain writes of the same documents."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from bench.environment import BenchEnvironment
from bench.findings import AtLeast, Finding, speed_finding
from bench.people import Population, logged
from bench.read_model.plain_mongo import MAX_UPDATES, PlainMongo, connected
from bench.rounds import alternate
from vinculo.population.service import build_read_model


@dataclass(slots=True)
class RebuildTimes:
    """Times of the rebuild's steps, taken from its progress lines."""

    loading: float = 0.0
    loaded: float = 0.0
    active: float = 0.0

    def record(self, text: str) -> None:
        now = time.perf_counter()
        if text.startswith("loading generation"):
            self.loading = now
        elif text == "making the indexes":
            self.loaded = now
        elif text.endswith("is active"):
            self.active = now

    def speeds(self, documents: int, events: int) -> Mapping[str, float]:
        if not self.loading < self.loaded < self.active:
            raise LookupError("the rebuild does not report its steps any more")
        return {
            "documents loaded": documents / (self.loaded - self.loading),
            "events loaded": events / (self.loaded - self.loading),
            "events until active": events / (self.active - self.loading),
        }


class Rebuilding:
    def __init__(self, environment: Mapping[str, str], plain: PlainMongo, events: int) -> None:
        self._environment = environment
        self._plain = plain
        self._events = events

    async def run(self) -> Mapping[str, float]:
        """Run the operators' command; the start of its process is not counted."""
        times = RebuildTimes()
        await build_read_model(self._environment, times.record)
        return times.speeds(self._plain.documents(), self._events)

    async def insert(self) -> Mapping[str, float]:
        return self._plain.insert_all()

    async def update(self) -> Mapping[str, float]:
        return self._plain.update_each()

    async def update_in_bulk(self) -> Mapping[str, float]:
        return self._plain.update_in_bulk()


async def measure(environment: BenchEnvironment) -> list[Finding]:
    population = await logged(environment, environment.sizes.rebuilt)
    with connected(population.settings.mongo_url) as client:
        rebuilding = Rebuilding(population.environment, PlainMongo(client), population.events)
        figures = await alternate(
            "P3 rebuild",
            {
                "rebuild": rebuilding.run,
                "insert_many": rebuilding.insert,
                "update_one": rebuilding.update,
                "bulk_write": rebuilding.update_in_bulk,
            },
            rounds=environment.sizes.rounds,
            console=environment.console,
        )
    return findings(figures, population)


def findings(figures: Mapping[str, list[float]], population: Population) -> list[Finding]:
    events = population.events
    load = (
        f"load {events:,} events of {population.people:,} people into a new generation: "
        "read, check, decrypt, fold, write; "
        "in as many processes as the command takes by itself"
    )
    updates = f"ready-made, `w: 1`, no secondary indexes, {min(events, MAX_UPDATES):,} events"
    return [
        speed_finding(
            row="P3",
            what=load,
            against="PyMongo `insert_many` of the final documents (people, messages, timeline), "
            "ready-made, no secondary indexes, one process",
            unit="documents/s",
            subject=figures["documents loaded"],
            ceiling=figures["inserts"],
            goal=AtLeast(ratio=0.55),
        ),
        speed_finding(
            row="P3, updates",
            what=load,
            against=f"PyMongo, one `update_one` per event, one after another; {updates}",
            unit="events/s",
            subject=figures["events loaded"],
            ceiling=figures["updates"],
            goal=AtLeast(ratio=9.0, as_factor=True),
        ),
        speed_finding(
            row="P3, bulk",
            what=load,
            against=f"PyMongo, one update per event, a thousand per `bulk_write`; {updates}",
            unit="events/s",
            subject=figures["events loaded"],
            ceiling=figures["bulk updates"],
            goal=AtLeast(as_factor=True),
        ),
        speed_finding(
            row="P3, whole",
            what="the same until readers use it: with making every index "
            "and comparing with the generation before",
            against="PyMongo, one `update_one` per event, as above",
            unit="events/s",
            subject=figures["events until active"],
            ceiling=figures["updates"],
            goal=AtLeast(as_factor=True),
        ),
    ]

"""P3: the read model filled from the log's beginning, beside plain writes of the same documents."""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from vinculo.contracts.creating_topics import Layout, create_topics
from vinculo.contracts.topics import PARTITIONS
from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.eventstore.record_batches import publish
from vinculo.local.testing.topics import delete_topics
from vinculo.query_api.settings import Settings

from .findings import AtLeast, Finding, compared
from .plain_mongo import MOST_UPDATES, PlainMongo, connected
from .population import EVENTS_EACH, Population
from .relay import producer
from .rounds import alternate
from .stage import Stage, fresh_name

KEY = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
PEOPLE_TOGETHER = 500


@dataclass(slots=True)
class Moments:
    """When the rebuild said how far it was."""

    loading: float = 0.0
    loaded: float = 0.0
    active: float = 0.0

    def say(self, text: str) -> None:
        now = time.perf_counter()
        if text.startswith("loading generation"):
            self.loading = now
        elif text == "making the indexes":
            self.loaded = now
        elif text.endswith("is active"):
            self.active = now

    def speeds(self, documents: int, events: int) -> Mapping[str, float]:
        if not self.loading < self.loaded < self.active:
            raise LookupError("the rebuild no longer says what it is doing")
        return {
            "documents loaded": documents / (self.loaded - self.loading),
            "events loaded": events / (self.loaded - self.loading),
            "events until active": events / (self.active - self.loading),
        }


class RebuildFailed(Exception):
    """The command's own words are the message."""


class Rebuilding:
    def __init__(self, environment: Mapping[str, str], plain: PlainMongo, events: int) -> None:
        self._environment = environment
        self._plain = plain
        self._events = events

    async def run(self) -> Mapping[str, float]:
        """Run the operators' command in processes of its own; its start is not counted."""
        moments, said = Moments(), []
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "vinculo.query_api", "rebuild"),
            env={**os.environ, **self._environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        if process.stdout is None:
            raise RebuildFailed("the command cannot be listened to")
        try:
            async for line in process.stdout:
                said.append(line.decode().strip())
                moments.say(said[-1])
        finally:
            if process.returncode is None and not process.stdout.at_eof():
                process.terminate()
            await process.wait()
        if process.returncode != 0:
            raise RebuildFailed(f"ended with {process.returncode}: {' '.join(said[-20:])}")
        return moments.speeds(self._plain.documents(), self._events)

    async def insert(self) -> Mapping[str, float]:
        return self._plain.insert_all()

    async def update(self) -> Mapping[str, float]:
        return self._plain.update_each()

    async def update_in_bulk(self) -> Mapping[str, float]:
        return self._plain.update_in_bulk()


async def tell(stage: Stage, settings: Settings, people: int) -> int:
    """Put the people's events on the topics; give how many records that is."""
    kafka, prefix = settings.vinculo_kafka, settings.vinculo_topic_prefix
    engine = create_engine(settings.keyring_url, pool_size=1)
    published = 1
    try:
        population = Population(engine, settings.key_encryption_key, prefix)
        async with producer(kafka) as sending:
            await publish(sending, [population.payer()])
            with stage.console.status("") as status:
                async for records in population.records(people, PEOPLE_TOGETHER):
                    await publish(sending, records)
                    published += len(records)
                    status.update(f"P3 rebuild: {published:,} events on the topics")
    finally:
        await engine.dispose()
    return published


async def measure(stage: Stage) -> list[Finding]:
    name, kafka = fresh_name(), stage.addresses.kafka
    keyring = await stage.databases.new(make_key_ring, name="keyring")
    environment = {
        "VINCULO_KAFKA": kafka,
        "VINCULO_TOPIC_PREFIX": f"{name}-",
        "VINCULO_KEYRING_URL": keyring,
        "VINCULO_KEY_ENCRYPTION_KEY": KEY,
        "VINCULO_HASH_KEY": KEY,
        "VINCULO_S3_ACCESS_KEY": "unused",
        "VINCULO_S3_SECRET_KEY": "unused",
        "QUERY_MONGO_URL": stage.mongo_url(name),
    }
    settings = Settings.model_validate({n.lower(): value for n, value in environment.items()})
    async with AsyncExitStack() as exits:
        exits.push_async_callback(delete_topics, kafka, [f"{name}-"])
        await create_topics(kafka, Layout(partitions=PARTITIONS, replication=1, prefix=f"{name}-"))
        client = exits.enter_context(connected(settings.mongo_url))
        exits.callback(client.drop_database, name)
        events = await tell(stage, settings, stage.sizes.events // EVENTS_EACH)
        rebuilding = Rebuilding(environment, PlainMongo(client), events)
        figures = await alternate(
            "P3 rebuild",
            {
                "rebuild": rebuilding.run,
                "insert_many": rebuilding.insert,
                "update_one": rebuilding.update,
                "bulk_write": rebuilding.update_in_bulk,
            },
            rounds=stage.sizes.rounds,
            console=stage.console,
        )
    return findings(figures, events)


def findings(figures: Mapping[str, list[float]], events: int) -> list[Finding]:
    load = (
        f"load {events:,} events into a new generation: "
        "read, check, open what is sealed, fold, write; "
        "in as many processes as the command takes by itself"
    )
    updates = f"ready-made, `w: 1`, no secondary indexes, {min(events, MOST_UPDATES):,} events"
    return [
        compared(
            row="P3",
            what=load,
            against="PyMongo `insert_many` of the final documents (people, messages, timeline), "
            "ready-made, no secondary indexes, one process",
            unit="documents/s",
            subject=figures["documents loaded"],
            ceiling=figures["inserts"],
            goal=AtLeast(ratio=0.5),
        ),
        compared(
            row="P3, updates",
            what=load,
            against=f"PyMongo, one `update_one` per event, one after another; {updates}",
            unit="events/s",
            subject=figures["events loaded"],
            ceiling=figures["updates"],
            goal=AtLeast(ratio=5.0, in_times=True),
        ),
        compared(
            row="P3, bulk",
            what=load,
            against=f"PyMongo, one update per event, a thousand per `bulk_write`; {updates}",
            unit="events/s",
            subject=figures["events loaded"],
            ceiling=figures["bulk updates"],
            goal=AtLeast(in_times=True),
        ),
        compared(
            row="P3, whole",
            what="the same until readers use it: with making every index "
            "and comparing with the generation before",
            against="PyMongo, one `update_one` per event, as above",
            unit="events/s",
            subject=figures["events until active"],
            ceiling=figures["updates"],
            goal=AtLeast(in_times=True),
        ),
    ]


async def make_key_ring(url: str) -> None:
    await migrate(url, "vinculo.privacy")

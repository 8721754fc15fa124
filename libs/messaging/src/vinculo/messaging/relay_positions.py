"""What a relay has published last, and the topics it must not continue.

With every batch the relay saves the last acknowledged record of each partition. If a topic no
longer has it, the topic was recreated: single late events there would look like gaps. So the relay
publishes nothing there until `republish` has begun, and then only what that puts into the outbox.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import asyncpg
import structlog

from vinculo.messaging.decoding import event_key
from vinculo.messaging.kafka_producer import Acknowledged
from vinculo.messaging.log_positions import LogPosition, missing_records
from vinculo.process import Executes

Connection: TypeAlias = "asyncpg.Connection[Any]"

_TABLES: Final = """
CREATE TABLE relay_positions (
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    event_key text NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
CREATE TABLE halted_topics (
    topic text PRIMARY KEY,
    halted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    republished_from bigint
)
"""

_POSITIONS: Final = """
SELECT topic, partition, "offset", event_key FROM relay_positions WHERE topic = ANY($1::text[])
"""
_HALTED: Final = "SELECT topic, republished_from FROM halted_topics WHERE topic = ANY($1::text[])"
_HALT: Final = """
INSERT INTO halted_topics (topic) SELECT unnest($1::text[])
ON CONFLICT (topic) DO UPDATE SET republished_from = NULL
"""
DELETE_PUBLISHED: Final = """
WITH advanced AS (
    INSERT INTO relay_positions (topic, partition, "offset", event_key)
    SELECT * FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::text[])
    ON CONFLICT (topic, partition)
        DO UPDATE SET "offset" = excluded."offset", event_key = excluded.event_key
)
DELETE FROM outbox WHERE id = ANY($1::bigint[])
"""
"""Delete rows of the outbox and save the positions after them."""

log = structlog.get_logger()


def create_relay_tables(op: Executes) -> None:
    """Create the tables in a revision of a service's migrations."""
    for statement in _TABLES.split(";"):
        op.execute(statement)


class TopicRecreated(Exception):
    """A record got an offset that an earlier record of the relay had."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"{topic} was recreated")


@dataclass(slots=True)
class HaltedCategories:
    """Stream categories with rows that wait: those up to an id, or all without one."""

    categories: list[str] = field(default_factory=list)
    up_to_ids: list[int | None] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.categories)


class RelayPositions:
    """The positions of one relay; `topics` are the full topic names by stream category."""

    def __init__(self, topics: Mapping[str, str], kafka: str) -> None:
        self._topics = topics
        self._names = sorted(set(topics.values()))
        self._kafka = kafka
        self._offsets: dict[tuple[str, int], int] = {}
        self.halted = HaltedCategories()

    async def check_topics(self, connection: Connection) -> None:
        """Halt the topics that no longer have the last published record."""
        rows = await connection.fetch(_POSITIONS, self._names)
        missing = await missing_records(self._kafka, [LogPosition(*row) for row in rows])
        if topics := sorted({each.topic for each in missing}):
            await connection.execute(_HALT, topics)
        for topic in topics:
            log.error("topic-recreated", topic=topic, remedy=f"republish --topic {topic}")
        await self.reload(connection)

    async def reload(self, connection: Connection) -> None:
        """Read what is halted: `republish` releases topics while the relay runs."""
        rows = await connection.fetch(_POSITIONS, self._names)
        self._offsets = {(row["topic"], row["partition"]): row["offset"] for row in rows}
        halted = {row["topic"]: row["republished_from"] for row in await self._halted(connection)}
        waiting = [(c, halted[topic]) for c, topic in self._topics.items() if topic in halted]
        self.halted = HaltedCategories([c for c, _ in waiting], [up_to for _, up_to in waiting])

    def advance(self, acknowledged: Iterable[Acknowledged]) -> Sequence[Sequence[object]]:
        """The columns of the new positions.

        Raises:
            TopicRecreated: a record is where the topic had an earlier one.

        """
        rows = []
        for each in acknowledged:
            partition = each.topic, each.partition
            if each.first_offset < 0:  # a repeated batch, of which Kafka knows no more
                continue
            if each.first_offset <= self._offsets.get(partition, -1):
                raise TopicRecreated(each.topic)
            self._offsets[partition] = each.last_offset
            rows.append((*partition, each.last_offset, event_key(each.last_record)))
        return [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]

    async def _halted(self, connection: Connection) -> list[asyncpg.Record]:
        return await connection.fetch(_HALTED, self._names)

"""Checkpoints of consumers in PostgreSQL: the last applied version of every stream.

They are saved in the transaction of the effects. Two more tables record which streams are
quarantined and which dead letters are resolved.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateTable

from vinculo.messaging.ordering_policy import StreamState
from vinculo.process import Executes

metadata = MetaData()

checkpoints_table = Table(
    "consumed_streams",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("stream_id", Text, primary_key=True),
    Column("last_version", BigInteger, nullable=False),
    postgresql_with={"fillfactor": 80},
)

quarantined_streams_table = Table(
    "quarantined_streams",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("stream_id", Text, primary_key=True),
    Column("last_dead_lettered_version", BigInteger, nullable=False),
)

resolved_dead_letters_table = Table(
    "settled_dead_letters",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("settled_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

# The update changes nothing, but makes PostgreSQL lock and return existing rows as well.
_LOCK = text("""
    INSERT INTO consumed_streams (consumer, stream_id, last_version)
    SELECT :consumer, stream_id, 0 FROM unnest(:streams) AS stream_id
    ON CONFLICT (consumer, stream_id) DO UPDATE SET last_version = consumed_streams.last_version
    RETURNING stream_id, last_version
""").bindparams(bindparam("streams", type_=ARRAY(Text)))

_SAVE = text("""
    UPDATE consumed_streams AS c SET last_version = n.version
    FROM unnest(:streams, :versions) AS n (stream_id, version)
    WHERE c.consumer = :consumer AND c.stream_id = n.stream_id
""").bindparams(
    bindparam("streams", type_=ARRAY(Text)), bindparam("versions", type_=ARRAY(BigInteger))
)


def create_consumer_tables(op: Executes) -> None:
    """Create the three tables; for the first Alembic revision of a service that consumes."""
    for table in (checkpoints_table, quarantined_streams_table, resolved_dead_letters_table):
        op.execute(CreateTable(table))


async def lock_streams(
    connection: AsyncConnection, consumer: str, streams: Sequence[str]
) -> dict[str, StreamState]:
    """Lock the checkpoints of the streams and return them. The order of locking is always the same.

    Quarantines are read by a second statement: a statement that waited for a lock sees the current
    locked row, but everything else as it was before it waited.
    """
    ordered = sorted(set(streams))
    checkpoints = await connection.execute(_LOCK, {"consumer": consumer, "streams": ordered})
    versions = {row.stream_id: row.last_version for row in checkpoints}
    quarantined = await connection.execute(
        select(
            quarantined_streams_table.c.stream_id,
            quarantined_streams_table.c.last_dead_lettered_version,
        ).where(
            quarantined_streams_table.c.consumer == consumer,
            quarantined_streams_table.c.stream_id
            == func.any(bindparam("ids", ordered, ARRAY(Text))),
        )
    )
    dead_lettered = {row.stream_id: row.last_dead_lettered_version for row in quarantined}
    return {
        stream: StreamState(
            last_version=versions[stream], last_dead_lettered_version=dead_lettered.get(stream)
        )
        for stream in ordered
    }


async def save_versions(
    connection: AsyncConnection, consumer: str, versions: Mapping[str, int]
) -> None:
    """Save the last applied versions of locked streams."""
    if not versions:
        return
    await connection.execute(
        _SAVE,
        {
            "consumer": consumer,
            "streams": list(versions),
            "versions": list(versions.values()),
        },
    )


async def quarantine(
    connection: AsyncConnection, consumer: str, stream_id: str, version: int
) -> None:
    """Quarantine the stream up to this version.

    Only after Kafka has acknowledged the dead letter: the row states that there is one.
    """
    row = insert(quarantined_streams_table).values(
        consumer=consumer, stream_id=stream_id, last_dead_lettered_version=version
    )
    await connection.execute(
        row.on_conflict_do_update(
            index_elements=["consumer", "stream_id"],
            set_={
                "last_dead_lettered_version": func.greatest(
                    quarantined_streams_table.c.last_dead_lettered_version,
                    row.excluded.last_dead_lettered_version,
                )
            },
        )
    )


async def lift_quarantine(
    connection: AsyncConnection, consumer: str, stream_id: str, version: int
) -> bool:
    """Whether the quarantine ended: only if nothing later than `version` is dead-lettered."""
    deleted = await connection.execute(
        delete(quarantined_streams_table).where(
            quarantined_streams_table.c.consumer == consumer,
            quarantined_streams_table.c.stream_id == stream_id,
            quarantined_streams_table.c.last_dead_lettered_version <= version,
        )
    )
    return deleted.rowcount > 0


async def resolve_dead_letter(
    connection: AsyncConnection,
    consumer: str,
    location: tuple[str, int, int],
    outcome: str,
) -> None:
    """Record the outcome of a dead letter; the first one stays."""
    topic, partition, offset = location
    await connection.execute(
        insert(resolved_dead_letters_table)
        .values(consumer=consumer, topic=topic, partition=partition, offset=offset, outcome=outcome)
        .on_conflict_do_nothing()
    )


async def resolved_dead_letters(
    connection: AsyncConnection, consumer: str
) -> dict[tuple[str, int, int], str]:
    """The outcomes of dead letters, by topic, partition and offset."""
    table = resolved_dead_letters_table
    rows = await connection.execute(
        select(table.c.topic, table.c.partition, table.c.offset, table.c.outcome).where(
            table.c.consumer == consumer
        )
    )
    return {(row.topic, row.partition, row.offset): row.outcome for row in rows}

"""For tests: a database with the store's tables, and frozen samples of stored events.

Every event type that was ever written must still be readable, so each has a sample file that never
changes.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from uuid import UUID

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, MetaData, inspect

from vinculo.events import Meta
from vinculo.eventstore.codec import PERSONAL_VERSION, Codec
from vinculo.eventstore.engine import create_engine
from vinculo.eventstore.events import StoredEvent
from vinculo.eventstore.migrations import create_event_tables, create_store_epoch

PERSONAL_SAMPLE = ".personal-v"


async def create_event_database(url: str) -> None:
    """Create the store's tables in an empty database, and a table `notes` for side rows."""
    engine = create_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(_create_tables)
    await engine.dispose()


def _create_tables(connection: Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    create_event_tables(op)
    create_store_epoch(op)
    op.execute("CREATE TABLE notes (note text PRIMARY KEY)")


async def assert_tables_declared(url: str, metadata: MetaData) -> None:
    """Assert that a migrated database has the declared columns, types and nullability."""
    engine = create_engine(url, pool_size=1)
    async with engine.connect() as connection:
        migrated = await connection.run_sync(_columns, list(metadata.tables))
    await engine.dispose()
    declared = {
        name: {
            column.name: (
                column.type.compile(engine.dialect).partition(" WITH")[0],
                bool(column.nullable),
            )
            for column in table.columns
        }
        for name, table in metadata.tables.items()
    }
    assert migrated == declared  # noqa: S101 - a test kit asserts


def _columns(
    connection: Connection, tables: Iterable[str]
) -> dict[str, dict[str, tuple[str, bool]]]:
    inspector = inspect(connection)
    return {
        table: {
            column["name"]: (str(column["type"]), column["nullable"])
            for column in inspector.get_columns(table)
        }
        for table in tables
    }


def assert_samples_load(codec: Codec, folder: Path) -> None:
    """Assert that `folder` has one `<stored type>.json` for each readable type, and load them all.

    A sample is `{"data": {…}}`, with `"personal": {"v": 1, …}` when the event has a personal part.
    Each later version of a personal part has a sample of its own, `<stored type>.personal-v2.json`.
    """
    samples = {path.name.removesuffix(".json"): path for path in folder.glob("*.json")}
    readable = codec.types | {
        _sample_name(type_, version)
        for type_, newest in codec.personal_versions.items()
        for version in range(2, newest + 1)
    }
    missing, unknown = readable - samples.keys(), samples.keys() - readable
    assert not missing, f"no frozen sample of {sorted(missing)}"  # noqa: S101 - a test kit asserts
    assert not unknown, f"no longer readable: {sorted(unknown)}"  # noqa: S101 - a test kit asserts
    for name, path in samples.items():
        sample = json.loads(path.read_text(encoding="utf-8"))
        type_ = name.partition(PERSONAL_SAMPLE)[0]
        event = codec.decode(stored_sample(type_, sample["data"], sample.get("personal")))
        if "personal" in sample:
            codec.with_personal(event, sample["personal"])


def assert_every_event_is_stored(codec: Codec, events: object) -> None:
    """Assert that the codec has a stored type for each class of the domain's union `events`."""
    classes = set(get_args(events)) or {events}
    missing = sorted(str(cls) for cls in classes - set(codec.classes))
    assert not missing, f"no stored type of {missing}"  # noqa: S101 - a test kit asserts


def freeze_sample(codec: Codec, event: object, folder: Path) -> None:
    """Write the sample of a new type; an existing sample is never changed."""
    encoded = codec.encode(event)
    version = 1 if encoded.personal is None else encoded.personal[PERSONAL_VERSION]
    path = folder / f"{_sample_name(encoded.type, version)}.json"
    if path.exists():
        return
    sample = {"data": encoded.data}
    if encoded.personal is not None:
        sample["personal"] = encoded.personal
    path.write_text(json.dumps(sample, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _sample_name(type_: str, personal_version: int) -> str:
    return type_ if personal_version == 1 else f"{type_}{PERSONAL_SAMPLE}{personal_version}"


def stored_sample(
    type_: str, data: dict[str, object], personal: dict[str, object] | None = None
) -> StoredEvent:
    return StoredEvent(
        event_id=UUID(int=1),
        stream_id=f"sample-{UUID(int=2)}",
        subject=UUID(int=2),
        version=1,
        type=type_,
        data=data,
        personal=personal,
        meta=Meta(),
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

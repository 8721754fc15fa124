"""A database of an earlier version migrates, with its rows, to what the code reads."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.eventstore import NewEvent, PostgresEventStore, create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.httpapi.rate_limits import Quota, RateLimited, RateLimiter, rate_limits
from vinculo.onboarding.storage.submissions import submission_of_link
from vinculo.onboarding.storage.tables import metadata, submissions
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

SERVICE = "vinculo.onboarding"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOURLY = Quota(3, timedelta(hours=1))


async def columns(engine: AsyncEngine, table: str) -> set[str]:
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda plain: inspect(plain).get_columns(table))
    return {str(column["name"]) for column in found}


async def index_names(engine: AsyncEngine, table: str) -> set[str]:
    statement = text("SELECT indexname FROM pg_indexes WHERE tablename = :name")
    async with engine.connect() as connection:
        return set(await connection.scalars(statement, {"name": table}))


async def test_counted_tries_become_rate_limits_with_their_counts(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE, revision="0006")
    engine = create_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO counted_tries VALUES (:counter, 3600, 3, :ends_at)"),
            {"counter": b"address", "ends_at": NOW + timedelta(minutes=20)},
        )
    await migrate(url, SERVICE)

    with pytest.raises(RateLimited) as limited:
        await RateLimiter(engine).hit(b"address", [HOURLY], NOW)
    assert limited.value.retry_after_seconds == 20 * 60
    await RateLimiter(engine).hit(b"another", [HOURLY], NOW)
    async with engine.connect() as connection:
        rows = (await connection.execute(select(rate_limits))).all()
    assert {(row.key, row.hits) for row in rows} == {(b"address", 3), (b"another", 1)}
    assert await index_names(engine, "rate_limits") == {"rate_limits_pkey", "rate_limits_ends_at"}
    await engine.dispose()


async def test_registrations_that_wait_for_activation_become_submissions(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE, revision="0009")
    engine = create_engine(url, pool_size=2)
    waiting, active, link = uuid4(), uuid4(), uuid4()
    expiry = NOW + timedelta(days=1)
    async with engine.begin() as connection:
        for person_id, verified_at in ((waiting, None), (active, NOW)):
            await connection.execute(
                text(
                    "INSERT INTO accounts (person_id, registration_id, project, country,"
                    " password_hash, email_verified_at)"
                    " VALUES (:person, :person, 'default', 'CO', 'hash', :verified_at)"
                ),
                {"person": person_id, "verified_at": verified_at},
            )
            await append_sample(PostgresEventStore(engine), connection, person_id, expiry)
        await connection.execute(
            text("INSERT INTO activation_links (link_id, person_id) VALUES (:link, :person)"),
            {"link": link, "person": waiting},
        )
    await migrate(url, SERVICE)

    async with engine.connect() as connection:
        (row,) = (await connection.execute(select(submissions))).all()
        found = await submission_of_link(connection, link)
    assert (row.submission_id, row.person_id, row.key_id) == (waiting, waiting, waiting)
    assert (row.password_hash, row.email_hash, row.link_expires_at) == ("hash", None, expiry)
    assert found == (waiting, waiting)
    await engine.dispose()


async def append_sample(
    store: PostgresEventStore, connection: AsyncConnection, person_id: UUID, expiry: datetime
) -> None:
    """A started application with a link, as an earlier version stored it."""
    issued = {"link_id": str(uuid4()), "expires_at": expiry.isoformat()}
    events = [
        NewEvent(event_id=uuid4(), type=type_, data=data, personal=None)
        for type_, data in (
            ("application-started.v1", {"registration_id": str(person_id)}),
            ("activation-link-issued.v1", issued),
        )
    ]
    await store.append(
        f"application-{person_id}",
        subject=person_id,
        expected_version=0,
        events=events,
        connection=connection,
    )


async def test_the_newest_revision_has_the_columns_that_the_code_declares(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE)
    engine = create_engine(url, pool_size=1)
    for table in (*metadata.tables.values(), rate_limits):
        assert await columns(engine, table.name) == set(table.columns.keys()), table.name
    await engine.dispose()

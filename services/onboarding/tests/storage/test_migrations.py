"""A database of an earlier version migrates, with its rows, to what the code reads."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.eventstore.testing import assert_tables_declared
from vinculo.httpapi.rate_limits import Quota, RateLimited, RateLimiter, rate_limits
from vinculo.onboarding.domain.staff import StaffState
from vinculo.onboarding.storage.payers import PayerStatus, proposal_key, search_payers
from vinculo.onboarding.storage.staff import all_members, password_hash_of
from vinculo.onboarding.storage.submissions import submission_of_link
from vinculo.onboarding.storage.tables import metadata, payer_proposals, submissions
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
            await insert_application(connection, person_id, expiry)
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


async def insert_application(
    connection: AsyncConnection, person_id: UUID, expiry: datetime
) -> None:
    """A started application with a link, as an earlier version stored it."""
    issued = {"link_id": str(uuid4()), "expires_at": expiry.isoformat()}
    stream = {"stream": f"application-{person_id}", "person": person_id}
    await connection.execute(text("INSERT INTO streams VALUES (:stream, :person, 2)"), stream)
    for version, (type_, data) in enumerate(
        [
            ("application-started.v1", {"registration_id": str(person_id)}),
            ("activation-link-issued.v1", issued),
        ],
        start=1,
    ):
        await connection.execute(
            text(
                "INSERT INTO events (stream_id, version, event_id, subject, type, data, meta)"
                " VALUES (:stream, :version, gen_random_uuid(), :person, :type,"
                " CAST(:data AS jsonb), '{}')"
            ),
            {**stream, "version": version, "type": type_, "data": json.dumps(data)},
        )


async def test_the_newest_revision_has_the_columns_that_the_code_declares(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE)

    await assert_tables_declared(url, metadata)
    await assert_tables_declared(url, rate_limits.metadata)


async def test_payers_of_an_earlier_version_are_found_and_ordered_by_the_folding_rule(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE, revision="0014")
    engine = create_engine(url, pool_size=1)
    first, second, third, fourth = (UUID(int=number) for number in range(1, 5))
    rows = [
        (first, "900123462-2", "Textiles Łódź S.A.S.", " textiles łodz s a s", "active"),
        (second, None, "Ñandú", " nandu", "proposed"),
        (third, None, "NANDU", " nandu", "proposed"),
        (fourth, None, "Oscar", " oscar", "active"),
    ]
    known = [
        (" textiles łodz s a s", first),
        (" textiles łodz sas", second),
        ("900123462-2", first),
    ]
    async with engine.begin() as connection:
        for row in rows:
            await connection.execute(
                text("INSERT INTO payers VALUES (:id, :tax_id, :name, :words, :status)"),
                dict(zip(("id", "tax_id", "name", "words", "status"), row, strict=True)),
            )
        for known_by, payer_id in known:
            await connection.execute(
                text("INSERT INTO payer_proposals VALUES (:known_by, :payer_id)"),
                {"known_by": known_by, "payer_id": payer_id},
            )
    await migrate(url, SERVICE)

    async with engine.connect() as connection:
        found = await search_payers(connection, "lodz 900.123.462", set(PayerStatus), 10)
        ordered = await search_payers(connection, "", set(PayerStatus), 10)
        proposals = (await connection.execute(select(payer_proposals))).all()
    assert [row.payer_id for row in found] == [first]
    assert [row.payer_id for row in ordered] == [third, second, fourth, first]
    assert {tuple(row) for row in proposals} == {
        (proposal_key("Textiles Lodz SAS"), second),
        ("900123462-2", first),
    }
    await engine.dispose()


async def test_members_of_before_are_active_and_sign_in(new_database: NewDatabase) -> None:
    url = await new_database()
    await migrate(url, SERVICE, revision="0017")
    engine = create_engine(url, pool_size=1)
    staff_id = uuid4()
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO staff VALUES (:staff_id, 'a@example.com', 'admin', 'hash', :now)"),
            {"staff_id": staff_id, "now": NOW},
        )
    await migrate(url, SERVICE)

    async with engine.connect() as connection:
        (member,) = await all_members(connection)
        password_hash = await password_hash_of(connection, staff_id)
    assert (member.state, member.role, member.locale, member.version) == (
        StaffState.ACTIVE,
        "admin",
        "es",
        1,
    )
    assert password_hash == "hash"
    await engine.dispose()

"""A database of an earlier version migrates, with its rows, to what the code reads."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from vinculo.customer_registry.storage.credit import (
    Ownership,
    count_active_loans,
    find_loan,
    save_loan,
)
from vinculo.customer_registry.storage.people import (
    BEFORE_ANY_WAIT,
    lock_or_insert_person,
    people_awaiting_activation,
)
from vinculo.customer_registry.storage.tables import metadata
from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.eventstore.testing import assert_tables_declared
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

SERVICE = "vinculo.customer_registry"
BEFORE_LINKS = "0003"
BEFORE_CREDIT_STREAMS = "0004"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_people_who_wait_for_activation_wait_on_without_a_known_link(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE, revision=BEFORE_LINKS)
    engine = create_engine(url, pool_size=1)
    waiting, activated = uuid4(), uuid4()
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO people (person_id, project, waiting_since)"
                " VALUES (:waiting, 'default', :since), (:activated, 'default', NULL)"
            ),
            {"waiting": waiting, "activated": activated, "since": NOW},
        )
    await migrate(url, SERVICE)

    async with engine.begin() as connection:
        found = await people_awaiting_activation(
            connection, waiting_since=NOW + timedelta(days=30), after=BEFORE_ANY_WAIT, limit=10
        )
        person = await lock_or_insert_person(connection, waiting)
    assert found == [(NOW, waiting)]
    assert (person.project, person.waiting_since) == ("default", NOW)
    assert person.last_link_issued_at is None
    await engine.dispose()


async def test_a_loan_kept_for_two_people_stays_with_the_person_of_its_newest_report(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE, revision=BEFORE_CREDIT_STREAMS)
    engine = create_engine(url, pool_size=1)
    first, second = uuid4(), uuid4()
    loan = (
        "INSERT INTO loans (person_id, source, loan_id, loan_version, status, reported_at)"
        " VALUES (:person, '/bank', :loan, :version, :status, :at)"
    )
    async with engine.begin() as connection:
        for person, name, version, status in (
            (first, "moved", 1, "active"),
            (second, "moved", 2, "active"),
            (first, "twice", 7, "active"),
            (second, "closed", 3, "closed"),
        ):
            values = {"person": person, "loan": name, "version": version, "status": status}
            await connection.execute(text(loan), {**values, "at": NOW})
        await connection.execute(
            text(
                "INSERT INTO consumed_streams (consumer, stream_id, last_version) VALUES"
                " ('customer-registry', '/bank|moved', 2), ('customer-registry', :other, 4)"
            ),
            {"other": f"application-{first}"},
        )
    await migrate(url, SERVICE)

    async with engine.begin() as connection:
        owner = await find_loan(connection, "/bank", "moved")
        counts = [await count_active_loans(connection, person) for person in (first, second)]
        checkpoints = await connection.execute(text("SELECT stream_id FROM consumed_streams"))
        await save_loan(
            connection,
            person_id=first,
            source="/bank",
            loan_id="twice",
            loan_version=2**53 - 1,
            status="closed",
            active=False,
            reported_at=NOW,
        )
        closed = await count_active_loans(connection, first)
    assert owner == Ownership(person_id=second, version=2)
    assert (counts, closed) == ([1, 1], 0)
    assert [row.stream_id for row in checkpoints] == [f"application-{first}"]
    await engine.dispose()


async def test_the_newest_revision_has_the_columns_that_the_code_declares(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE)

    await assert_tables_declared(url, metadata)

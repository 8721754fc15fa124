"""A database of an earlier version migrates, with its rows, to what the code reads."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.eventstore.testing import assert_tables_declared
from vinculo.notifications.storage.recipients import ReplaceablePart, StoredEnvelope
from vinculo.notifications.storage.submission_contacts import (
    find_submission_contact,
    identify_first_submission,
    open_submissions,
)
from vinculo.notifications.storage.tables import metadata, submission_contacts
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

SERVICE = "vinculo.notifications"
BEFORE_SUBMISSIONS = "0003"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def add_recipient(
    connection: AsyncConnection, *, is_activated: bool, correction: StoredEnvelope | None = None
) -> tuple[UUID, StoredEnvelope]:
    """The rows of a recipient as they were stored before submissions."""
    person_id = uuid4()
    registered = StoredEnvelope(content={"registered": str(person_id)}, event_id=uuid4())
    await connection.execute(
        text("INSERT INTO recipients VALUES (:person, 'es', CAST(:envelope AS jsonb), :event)"),
        {
            "person": person_id,
            "envelope": json.dumps(registered.content),
            "event": registered.event_id,
        },
    )
    await connection.execute(
        text(
            "INSERT INTO progress VALUES"
            " (:person, :event, :now, true, :activated, false, false, false, false, 0)"
        ),
        {"person": person_id, "event": uuid4(), "now": NOW, "activated": is_activated},
    )
    if correction is not None:
        await connection.execute(
            text(
                "INSERT INTO replaced_parts"
                " VALUES (:person, 'email', CAST(:envelope AS jsonb), :event)"
            ),
            {
                "person": person_id,
                "envelope": json.dumps(correction.content),
                "event": correction.event_id,
            },
        )
    return person_id, registered


async def test_recipients_that_wait_for_activation_become_contacts_of_a_submission(
    new_database: NewDatabase,
) -> None:
    """The submission has the person's id until its first link names its own."""
    url = await new_database()
    await migrate(url, SERVICE, revision=BEFORE_SUBMISSIONS)
    engine = create_engine(url, pool_size=1)
    correction = StoredEnvelope(content={"corrected": "address"}, event_id=uuid4())
    async with engine.begin() as connection:
        waiting, registered = await add_recipient(connection, is_activated=False)
        corrected, _ = await add_recipient(connection, is_activated=False, correction=correction)
        activated, _ = await add_recipient(connection, is_activated=True)
    await migrate(url, SERVICE)

    submission_id = uuid4()
    async with engine.begin() as connection:
        migrated = await find_submission_contact(connection, waiting, waiting)
        await identify_first_submission(connection, waiting, submission_id)
        identified = await find_submission_contact(connection, waiting, submission_id)
        replaced = await find_submission_contact(connection, corrected, corrected)
        rows = (await connection.execute(select(submission_contacts))).all()
        assert await open_submissions(connection, waiting) == [submission_id]
        assert await open_submissions(connection, activated) == []
    assert migrated is not None
    assert migrated == identified
    assert (migrated.registered, migrated.locale) == (registered, "es")
    assert migrated.replaced == {}
    assert replaced is not None
    assert replaced.replaced == {ReplaceablePart.EMAIL: correction}
    assert {row.received_at for row in rows} == {NOW}
    await engine.dispose()


async def test_the_newest_revision_has_the_columns_that_the_code_declares(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE)

    await assert_tables_declared(url, metadata)

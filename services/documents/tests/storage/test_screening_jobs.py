"""Completions that were interrupted before there were jobs become jobs by the migration."""

from datetime import UTC, datetime, timedelta

import pytest

from vinculo.documents.storage.screening_jobs import lease_jobs
from vinculo.events import Meta, uuid7
from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.testing.databases import connected
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

UPLOADS = (
    "INSERT INTO uploads (upload_id, person_id, claim_id, kind, media_type, declared_size_bytes,"
    " object_key, opened_at, expires_at, received_sha256, result)"
    " VALUES ($1, $2, $3, 'payslip', 'image/png', 1, 'k', $4, $4, $5, $6)"
)


async def test_interrupted_completions_become_jobs(new_database: NewDatabase) -> None:
    url = await new_database(None, "documents")
    await migrate(url, "vinculo.documents", revision="0007")
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    of_person, of_claim, announced, screened = uuid7(), uuid7(), uuid7(), uuid7()
    person, claim = uuid7(), uuid7()
    async with connected(url) as database:
        await database.execute(UPLOADS, of_person, person, None, moment, "ab", None)
        await database.execute(UPLOADS, of_claim, None, claim, moment, "cd", None)
        await database.execute(UPLOADS, announced, person, None, moment, None, None)
        await database.execute(UPLOADS, screened, person, None, moment, "ef", "screened")
        await migrate(url, "vinculo.documents")
        completed = await database.fetch("SELECT upload_id, completed_at FROM uploads")
    engine = create_engine(url)
    async with engine.begin() as connection:
        now = datetime.now(UTC) + timedelta(minutes=1)
        jobs = await lease_jobs(connection, now=now, lease=timedelta(minutes=1), limit=9)
    await engine.dispose()

    assert {(job.upload_id, job.owner_id, job.attempts) for job in jobs} == {
        (of_person, person, 1),
        (of_claim, claim, 1),
    }
    assert {(job.requested_at, job.meta) for job in jobs} == {(moment, Meta())}
    assert {tuple(row) for row in completed} == {
        (of_person, moment),
        (of_claim, moment),
        (announced, None),
        (screened, moment),
    }

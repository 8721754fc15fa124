"""Uploads that became no document, and old accesses, are deleted after their retention."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from vinculo.documents.main import table_pruning_jobs
from vinculo.documents.storage.tables import document_accesses, uploads
from vinculo.documents.storage.uploads import FAILED, SCREENED

from ..service_fixture import ServiceFixture

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 1, tzinfo=UTC)


async def prune(service: ServiceFixture) -> None:
    jobs = table_pruning_jobs(service.settings, service.connections.database, lambda: NOW)
    assert [await job.run_once() for job in jobs] == [True, True]


async def test_uploads_that_became_no_document_are_deleted(service: ServiceFixture) -> None:
    person = uuid4()
    kept: set[UUID] = set()
    rows = []
    for result in (None, FAILED, SCREENED):
        for age_days in (31, 29):
            moment = NOW - timedelta(days=age_days)
            rows.append(
                {
                    "upload_id": uuid4(),
                    "person_id": person,
                    "kind": "identity_card_front",
                    "media_type": "application/pdf",
                    "declared_size_bytes": 1,
                    "object_key": "x",
                    "opened_at": moment,
                    "expires_at": moment,
                    "result": result,
                    "reason_code": "unreadable" if result == FAILED else None,
                }
            )
            if result == SCREENED or age_days == 29:
                kept.add(rows[-1]["upload_id"])  # type: ignore[arg-type]
    engine = service.connections.database
    async with engine.begin() as connection:
        await connection.execute(insert(uploads), rows)

    await prune(service)

    async with engine.connect() as connection:
        query = select(uploads.c.upload_id).where(uploads.c.person_id == person)
        assert set(await connection.scalars(query)) == kept


async def test_accesses_are_deleted_after_ten_years(service: ServiceFixture) -> None:
    person = uuid4()
    rows = [
        {
            "access_id": uuid4(),
            "document_id": uuid4(),
            "person_id": person,
            "what": "download",
            "accessed_by": uuid4(),
            "accessed_at": NOW - timedelta(days=age_days),
        }
        for age_days in (3649, 3651)
    ]
    engine = service.connections.database
    async with engine.begin() as connection:
        await connection.execute(insert(document_accesses), rows)

    await prune(service)

    async with engine.connect() as connection:
        query = select(document_accesses.c.access_id).where(document_accesses.c.person_id == person)
        assert list(await connection.scalars(query)) == [rows[0]["access_id"]]

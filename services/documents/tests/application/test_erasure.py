"""The files of an erased person are deleted, counted once, and swept until all forms have ended."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from vinculo.access import Role
from vinculo.documents.application.erasure import SETTLE, FileErasures
from vinculo.documents.domain.dossier import DossierErased
from vinculo.documents.metrics import DocumentsMetrics
from vinculo.documents.storage.claims import end_claims_against
from vinculo.documents.storage.object_store import (
    ObjectStore,
    ObjectStoreUnavailableError,
    ObjectVersion,
)
from vinculo.documents.storage.person_access import record_erasure
from vinculo.documents.storage.tables import erasures, uploads
from vinculo.documents.storage.uploads import clean_key, quarantine_key
from vinculo.events import uuid7
from vinculo.eventstore.migrations import migrate
from vinculo.testing.databases import connected
from vinculo.testing.fixture_types import NewDatabase
from vinculo.testing.storage import S3

from ..claim_calls import announce_file, send_claim_file
from ..sample_files import PDF, pdf
from ..service_fixture import ServiceFixture
from ..upload_client import announce, provide, send_form

pytestmark = pytest.mark.servers

INTERVAL = timedelta(seconds=10)
FORMS_ENDED = timedelta(minutes=11) + SETTLE


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file_erasures(service: ServiceFixture, clock: Clock) -> FileErasures:
    return FileErasures(
        store=service.store,
        objects=service.connections.objects,
        interval=INTERVAL,
        clock=clock,
        metrics=DocumentsMetrics(CollectorRegistry()),
    )


async def erase(service: ServiceFixture, person: UUID, at: datetime) -> None:
    async with service.connections.database.begin() as connection:
        await record_erasure(connection, person, at)


async def keys_of(service: ServiceFixture, person: UUID) -> list[str]:
    versions = await service.connections.objects.list_versions(
        [f"quarantine/{person}", f"clean/{person}"]
    )
    return sorted(version.key for version in versions)


async def is_over(service: ServiceFixture, person: UUID) -> bool:
    async with service.connections.database.connect() as connection:
        statement = select(erasures.c.ended_at).where(erasures.c.owner_id == person)
        return (await connection.execute(statement)).scalar_one() is not None


async def test_the_files_of_an_ended_claim_are_deleted(
    service: ServiceFixture, file_erasures: FileErasures, clock: Clock
) -> None:
    claim_id, other = await service.claim(), await service.claim()
    async with service.caller(Role.CLAIMANT, other) as claimant:
        kept = clean_key(other, UUID((await send_claim_file(claimant, other))["file_id"]))
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        await send_claim_file(claimant, claim_id)
        form = (await announce_file(claimant, claim_id)).json()
        assert await send_form(form, pdf()) == 204
    assert len(await keys_of(service, claim_id)) == 2

    await service.end_claim(claim_id, clock.now)
    await file_erasures.sweep()

    assert await keys_of(service, claim_id) == []
    assert await keys_of(service, other) == [kept]
    assert await service.events(claim_id) == []
    assert await send_form(form, pdf()) == 204
    clock.now += FORMS_ENDED
    await file_erasures.sweep()
    assert await keys_of(service, claim_id) == []
    assert await is_over(service, claim_id)
    async with service.connections.database.connect() as connection:
        rows = await connection.execute(select(uploads).where(uploads.c.claim_id == claim_id))
    assert rows.all() == []


async def test_the_erasure_of_the_holder_ends_the_claims(
    service: ServiceFixture, file_erasures: FileErasures, clock: Clock
) -> None:
    holder = await service.person()
    claim_id, other = await service.claim(holder), await service.claim()
    async with service.connections.database.begin() as connection:
        await end_claims_against(connection, holder, datetime.now(UTC))
        await end_claims_against(connection, holder, datetime.now(UTC))

    async with service.connections.database.connect() as connection:
        ended = await connection.scalars(select(erasures.c.owner_id).where(erasures.c.of_claim))
        found = set(ended)
    assert claim_id in found
    assert other not in found
    clock.now += FORMS_ENDED
    await file_erasures.sweep()
    assert await is_over(service, claim_id)


async def test_every_file_is_deleted_and_counted(
    service: ServiceFixture, file_erasures: FileErasures, clock: Clock
) -> None:
    person, other = await service.person(), await service.person()
    async with service.caller(Role.APPLICANT, other) as applicant:
        kept = clean_key(other, UUID((await provide(applicant, "payslip"))["document_id"]))
    async with service.caller(Role.APPLICANT, person) as applicant:
        await provide(applicant, "payslip")
        form = await announce(applicant, "payslip")
        assert await send_form(form, pdf()) == 204

        await erase(service, person, clock.now)
        await file_erasures.sweep()

        assert await keys_of(service, person) == []
        assert await keys_of(service, other) == [kept]
        size = 2 * len(pdf())
        [*_, reported] = await service.events(person)
        assert reported == DossierErased(objects=2, bytes=size, erased_at=clock.now)

        assert await send_form(form, pdf()) == 204
        clock.now += INTERVAL
        await file_erasures.sweep()
        assert await keys_of(service, person) == []
        assert not await is_over(service, person)

        assert await send_form(form, pdf()) == 204
        clock.now += FORMS_ENDED
        await file_erasures.sweep()
        assert await keys_of(service, person) == []
    assert await is_over(service, person)
    assert (await service.events(person))[-1] == reported
    async with service.connections.database.connect() as connection:
        rows = await connection.execute(select(uploads).where(uploads.c.person_id == person))
        row = await connection.execute(select(erasures).where(erasures.c.owner_id == person))
    assert rows.all() == []
    assert (row.one().objects, reported.objects) == (4, 2)


async def test_a_person_without_files_is_reported_with_zero_counts(
    service: ServiceFixture, file_erasures: FileErasures, clock: Clock
) -> None:
    person = uuid7()
    await erase(service, person, clock.now)
    await file_erasures.sweep()

    assert await service.events(person) == [DossierErased(objects=0, bytes=0, erased_at=clock.now)]


async def test_files_are_deleted_when_the_store_returns(
    *,
    service: ServiceFixture,
    file_erasures: FileErasures,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = await service.person()
    objects = service.connections.objects
    for number in range(3):
        await objects.put(clean_key(person, UUID(int=number)), pdf(), media_type=PDF)
    await erase(service, person, clock.now)

    async def stopped_after_one(store: ObjectStore, versions: list[ObjectVersion]) -> None:
        await delete_versions(store, versions[:1])
        raise ObjectStoreUnavailableError

    delete_versions = ObjectStore.delete_versions
    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "delete_versions", stopped_after_one)
        with pytest.raises(ObjectStoreUnavailableError):
            await file_erasures.sweep()
    assert len(await keys_of(service, person)) == 2
    assert len(await service.events(person)) == 1
    assert file_erasures.metrics.overdue_erasures._value.get() == 0  # noqa: SLF001 - no public reader

    clock.now += timedelta(minutes=31)
    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "delete_versions", stopped_after_one)
        with pytest.raises(ObjectStoreUnavailableError):
            await file_erasures.sweep()
    assert file_erasures.metrics.overdue_erasures._value.get() == 1  # noqa: SLF001 - no public reader

    await file_erasures.sweep()
    assert (await service.events(person))[-1] == DossierErased(
        objects=3, bytes=3 * len(pdf()), erased_at=clock.now
    )
    assert await keys_of(service, person) == []


async def test_files_of_the_former_common_bucket_are_deleted_too(
    service: ServiceFixture, file_erasures: FileErasures, clock: Clock
) -> None:
    person = await service.person()
    key, settings = quarantine_key(person, UUID(int=1)), service.settings
    s3 = S3(
        url=settings.vinculo_s3_url,
        access_key=settings.vinculo_s3_access_key.get_secret_value(),
        secret_key=settings.vinculo_s3_secret_key.get_secret_value(),
        bucket=settings.documents_bucket,
    )
    s3.client().put_object(s3.bucket, key, io.BytesIO(b"x"), 1)
    assert await service.connections.objects.read(key, max_bytes=10) == b"x"
    assert await keys_of(service, person) == [key]
    await erase(service, person, clock.now)
    await file_erasures.sweep()

    assert await keys_of(service, person) == []


async def test_people_erased_before_the_migration_are_swept(new_database: NewDatabase) -> None:
    url = await new_database(None, "documents")
    await migrate(url, "vinculo.documents", revision="0003")
    erased, never_uploaded, other = uuid7(), uuid7(), uuid7()
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    later = moment + timedelta(minutes=5)
    insert = "INSERT INTO people_access (person_id, erased_at) VALUES ($1, $2)"
    async with connected(url) as database:
        await database.execute(insert, erased, moment)
        await database.execute(insert, never_uploaded, moment)
        await database.execute(insert, other, None)
        await database.execute(
            "INSERT INTO uploads (upload_id, person_id, kind, media_type, declared_size_bytes,"
            " object_key, opened_at, expires_at)"
            " VALUES ($1, $2, 'payslip', 'image/png', 1, 'k', $3, $4)",
            *(uuid7(), erased, moment, later),
        )
        await migrate(url, "vinculo.documents")
        rows = await database.fetch("SELECT owner_id, forms_end_at, ended_at FROM erasures")

    assert {tuple(row) for row in rows} == {
        (erased, later, None),
        (never_uploaded, moment, None),
    }

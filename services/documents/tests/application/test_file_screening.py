"""A screening that is interrupted at any step is resumed by the next attempt."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role
from vinculo.documents.application.file_screening import FileScreening
from vinculo.documents.domain.dossier import (
    DocumentFailedScreening,
    DocumentReceived,
    DocumentScreened,
    DossierOpened,
)
from vinculo.documents.main import build_file_screening
from vinculo.documents.screening.criteria import FailureReason
from vinculo.documents.screening.scanner import Infected, Scanner, ScanResult
from vinculo.documents.screening.screener import Screener, ScreeningResult
from vinculo.documents.storage.object_store import ObjectStore
from vinculo.documents.storage.person_access import record_erasure, record_status
from vinculo.documents.storage.screening_jobs import ScreeningJob, lease_jobs
from vinculo.documents.storage.uploads import clean_key, owner_prefixes, quarantine_key

from ..claim_calls import announced_file, claim_path, complete_file
from ..conftest import MakeServiceFixture
from ..dossier_history import NOW
from ..sample_files import pdf
from ..service_fixture import ServiceFixture
from ..upload_client import announce, request_screening, send_form

pytestmark = pytest.mark.servers


class Killed(Exception):
    """Simulates the end of the process."""


class KilledScreener(Screener):
    async def screen(self, *_: object, **__: object) -> ScreeningResult:
        raise Killed


@pytest.fixture
async def service(make_service: MakeServiceFixture) -> ServiceFixture:
    return await make_service(has_worker=False)


@pytest.fixture
async def person(service: ServiceFixture) -> UUID:
    return await service.person()


@pytest.fixture
async def applicant(service: ServiceFixture, person: UUID) -> AsyncIterator[httpx2.AsyncClient]:
    async with service.caller(Role.APPLICANT, person) as client:
        yield client


@pytest.fixture
async def form(applicant: httpx2.AsyncClient) -> dict[str, str]:
    """A completed upload whose job waits."""
    form = await announce(applicant, "payslip")
    assert await send_form(form, pdf()) == 204
    assert (await request_screening(applicant, form["upload_id"]))["state"] == "received"
    return form


async def leased_job(service: ServiceFixture) -> ScreeningJob:
    """The job that waits, whose lease ends at once."""
    async with service.connections.database.begin() as connection:
        (job,) = await lease_jobs(connection, now=datetime.now(UTC), lease=timedelta(0), limit=10)
    return job


def screening_of(
    service: ServiceFixture, *, screener: Screener | None = None, scanner: Scanner | None = None
) -> FileScreening:
    screening = build_file_screening(service.settings, service.connections)
    return replace(screening, screener=screener or screening.screener, scanner=scanner)


async def attempt_is_killed(service: ServiceFixture, screener: Screener | None = None) -> None:
    screening = screening_of(service, screener=screener)
    with pytest.raises(Killed):
        await screening.run(await leased_job(service), datetime.now(UTC))


async def result(
    service: ServiceFixture, applicant: httpx2.AsyncClient, form: dict[str, str]
) -> dict[str, object]:
    """The upload after all due jobs are done."""
    await service.screening_worker.run_due()
    response = await applicant.get(f"/documents/v1/me/uploads/{form['upload_id']}")
    assert response.status_code == 200, response.text
    found: dict[str, object] = response.json()
    return found


async def keys_of(service: ServiceFixture, owner: UUID) -> list[str]:
    versions = await service.connections.objects.list_versions(owner_prefixes(owner))
    return sorted(version.key for version in versions if not version.is_folder)


def kill_at(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    async def kill(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(ObjectStore, method, kill)


Interruption = Callable[[ServiceFixture, pytest.MonkeyPatch], Awaitable[None]]


async def before_screening(service: ServiceFixture, _: pytest.MonkeyPatch) -> None:
    await attempt_is_killed(service, KilledScreener())


async def before_storing(service: ServiceFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        kill_at(patched, "put")
        await attempt_is_killed(service)


async def before_deleting(service: ServiceFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        kill_at(patched, "delete")
        await attempt_is_killed(service)


@pytest.mark.parametrize("interrupt", [before_screening, before_storing, before_deleting])
async def test_an_interrupted_screening_is_resumed(
    *,
    service: ServiceFixture,
    applicant: httpx2.AsyncClient,
    person: UUID,
    form: dict[str, str],
    interrupt: Interruption,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload_id = UUID(form["upload_id"])
    await interrupt(service, monkeypatch)

    assert await result(service, applicant, form) == {
        "document_id": form["upload_id"],
        "state": "screened",
    }
    _, received, screened = await service.events(person)
    assert isinstance(received, DocumentReceived)
    assert isinstance(screened, DocumentScreened)
    objects = service.connections.objects
    assert await objects.read(clean_key(person, upload_id), max_bytes=10**6) == pdf()
    assert await keys_of(service, person) == [clean_key(person, upload_id)]


async def test_a_file_that_replaces_the_received_one_fails_the_screening(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    await attempt_is_killed(service, KilledScreener())
    assert await send_form(form, pdf(pages=2)) == 204

    found = await result(service, applicant, form)
    assert (found["state"], found["reason"]) == ("failed", "changed_after_upload")
    assert found["reason_in_words"] == "changed after the upload"
    assert isinstance((await service.events(person))[-1], DocumentFailedScreening)


async def test_a_received_file_that_disappeared_fails_the_screening(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    await attempt_is_killed(service, KilledScreener())
    await service.connections.objects.delete(quarantine_key(person, UUID(form["upload_id"])))

    assert (await result(service, applicant, form))["reason"] == "changed_after_upload"
    assert isinstance((await service.events(person))[-1], DocumentFailedScreening)


async def test_a_file_that_disappeared_before_it_was_read_is_refused_without_an_event(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    await service.connections.objects.delete(quarantine_key(person, UUID(form["upload_id"])))

    assert (await result(service, applicant, form))["reason"] == "changed_after_upload"
    (opened,) = await service.events(person)
    assert isinstance(opened, DossierOpened)


async def test_a_file_sent_again_after_the_result_changes_nothing(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    first = await result(service, applicant, form)
    events = await service.events(person)
    assert await send_form(form, b"something else") == 204

    assert await request_screening(applicant, form["upload_id"]) == first
    assert await result(service, applicant, form) == first
    assert await service.events(person) == events
    objects = service.connections.objects
    key = clean_key(person, UUID(form["upload_id"]))
    assert await objects.read(key, max_bytes=10**6) == pdf()


class Interference(Screener):
    """Something happens to the person while the file is screened."""

    def __init__(self, happens: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._happens = happens

    async def screen(self, content: bytes, media_type: str) -> ScreeningResult:
        await self._happens()
        try:
            return await super().screen(content, media_type)
        finally:
            await self.close()


async def test_an_erasure_during_the_screening_prevents_the_result_and_leaves_no_file(
    service: ServiceFixture, person: UUID, form: dict[str, str]
) -> None:
    async def erase() -> None:
        async with service.connections.database.begin() as connection:
            await record_erasure(connection, person, NOW)

    screening = screening_of(service, screener=Interference(erase))

    assert await screening.run(await leased_job(service), datetime.now(UTC)) is None
    assert isinstance((await service.events(person))[-1], DocumentReceived)
    assert await keys_of(service, person) == []
    assert form["upload_id"]


async def test_an_erasure_while_the_job_waits_leaves_nothing_to_do(
    service: ServiceFixture, person: UUID, form: dict[str, str]
) -> None:
    async with service.connections.database.begin() as connection:
        await record_erasure(connection, person, NOW)
        assert await lease_jobs(connection, now=NOW, lease=timedelta(0), limit=1) == []
    await service.screening_worker.run_due()

    (opened,) = await service.events(person)
    assert isinstance(opened, DossierOpened)
    assert await keys_of(service, person) == [quarantine_key(person, UUID(form["upload_id"]))]


async def test_the_file_of_a_person_who_was_blocked_meanwhile_is_refused(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    async with service.connections.database.begin() as connection:
        await record_status(connection, person, "blocked")

    found = await result(service, applicant, form)
    assert (found["state"], found["reason"]) == ("failed", "uploads_blocked")
    assert len(await service.events(person)) == 1
    assert await keys_of(service, person) == []


async def test_a_block_during_the_screening_is_recorded_as_a_failed_document(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    async def block() -> None:
        async with service.connections.database.begin() as connection:
            await record_status(connection, person, "blocked")

    screening = screening_of(service, screener=Interference(block))

    outcome = await screening.run(await leased_job(service), datetime.now(UTC))
    assert outcome == FailureReason.UPLOADS_BLOCKED
    assert isinstance((await service.events(person))[-1], DocumentFailedScreening)
    assert (await result(service, applicant, form))["reason"] == "uploads_blocked"
    assert await keys_of(service, person) == []


async def test_a_claim_that_ends_during_the_screening_leaves_no_file(
    service: ServiceFixture,
) -> None:
    claim_id = await service.claim()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        upload_id = await announced_file(claimant, claim_id)
        assert (await complete_file(claimant, claim_id, upload_id)).status_code == 202
        screening = screening_of(
            service, screener=Interference(lambda: service.end_claim(claim_id))
        )

        assert await screening.run(await leased_job(service), datetime.now(UTC)) is None
        state = await claimant.get(claim_path(claim_id, f"uploads/{upload_id}"))

    assert await keys_of(service, claim_id) == []
    assert state.status_code == 409


class InfectedScanner(Scanner):
    async def scan(self, _: bytes) -> ScanResult:
        return Infected(signature="Eicar-Test-Signature")


async def test_an_infected_file_is_refused_and_not_parsed(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    screening = screening_of(
        service, screener=KilledScreener(), scanner=InfectedScanner(url="tcp://127.0.0.1:1")
    )

    outcome = await screening.run(await leased_job(service), datetime.now(UTC))
    assert outcome == FailureReason.MALWARE
    found = await result(service, applicant, form)
    assert (found["state"], found["reason"]) == ("failed", "malware")
    assert await keys_of(service, person) == []

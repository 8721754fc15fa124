"""Jobs are leased, taken over, repeated a few times, and wait while a server is away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from vinculo.access import Role
from vinculo.documents.application.screening_worker import ScreeningWorker
from vinculo.documents.domain.dossier import DocumentFailedScreening, DocumentReceived
from vinculo.documents.main import build_file_screening
from vinculo.documents.metrics import DocumentsMetrics
from vinculo.documents.screening.scanner import Scanner
from vinculo.documents.screening.screener import (
    Screener,
    ScreeningError,
    ScreeningPassed,
    ScreeningResult,
    ScreeningUnavailableError,
)
from vinculo.documents.storage.object_store import ObjectStoreUnavailableError
from vinculo.documents.storage.screening_jobs import lease_jobs, measure_jobs
from vinculo.local.ports import free_ports
from vinculo.testing.databases import connected, end_sessions
from vinculo.testing.waiting import eventually, running_in_background

from ..conftest import MakeServiceFixture
from ..sample_files import pdf
from ..screening.clamd import EICAR, running_clamd
from ..service_fixture import ServiceFixture
from ..upload_client import announce, provide, request_screening, result_of, send_form

pytestmark = pytest.mark.servers

LEASE = timedelta(seconds=15)


@dataclass
class Clock:
    """Stands still, a minute ahead, so that every job is due."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(minutes=1))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class CountingScreener(Screener):
    """Records what it screens, and fails as `error` says."""

    error: Exception | None = None
    screened: list[bytes] = field(default_factory=list)

    async def screen(self, content: bytes, _: str) -> ScreeningResult:
        self.screened.append(content)
        if self.error is not None:
            raise self.error
        return ScreeningPassed(content=content)


@dataclass
class SlowScreener(CountingScreener):
    started: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def screen(self, content: bytes, media_type: str) -> ScreeningResult:
        self.started.set()
        await self.released.wait()
        return await super().screen(content, media_type)


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
def clock() -> Clock:
    return Clock()


MakeWorker = Callable[..., ScreeningWorker]


@pytest.fixture
def make_worker(service: ServiceFixture, clock: Clock) -> MakeWorker:
    def make(
        screener: Screener,
        *,
        lease: timedelta = LEASE,
        concurrency: int = 2,
        scanner: Scanner | None = None,
        metrics: DocumentsMetrics | None = None,
    ) -> ScreeningWorker:
        screening = build_file_screening(service.settings, service.connections)
        return ScreeningWorker(
            engine=service.connections.database,
            database_url=service.settings.documents_database_url.get_secret_value(),
            screening=replace(screening, screener=screener, scanner=scanner),
            concurrency=concurrency,
            lease=lease,
            max_attempts=3,
            metrics=metrics or DocumentsMetrics(CollectorRegistry()),
            clock=clock,
        )

    return make


async def completed_upload(applicant: httpx2.AsyncClient, content: bytes | None = None) -> str:
    content = content or pdf()
    form = await announce(applicant, "payslip", size_bytes=len(content))
    assert await send_form(form, content) == 204
    await request_screening(applicant, form["upload_id"])
    upload_id: str = form["upload_id"]
    return upload_id


async def state_of(applicant: httpx2.AsyncClient, upload_id: str) -> dict[str, str]:
    response = await applicant.get(f"/documents/v1/me/uploads/{upload_id}")
    state: dict[str, str] = response.json()
    return state


async def waiting_jobs(service: ServiceFixture) -> int:
    async with service.connections.database.connect() as connection:
        return (await measure_jobs(connection, now=datetime.now(UTC))).waiting


async def test_a_completion_wakes_a_worker_that_waits(
    service: ServiceFixture, applicant: httpx2.AsyncClient, make_worker: MakeWorker
) -> None:
    """The notification alone wakes it: its longest wait is a minute."""
    screener = CountingScreener()
    worker = make_worker(screener)
    async with running_in_background(worker.run()):
        async with connected(database_url(service)) as database:
            await eventually(
                lambda: database.fetchval(
                    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'vinculo-screening'"
                    " AND state = 'idle' AND datname = current_database() AND query = 'SELECT 1'"
                )
            )
        upload_id = await completed_upload(applicant)
        found = await result_of(applicant, f"/documents/v1/me/uploads/{upload_id}")
        await eventually(lambda: no_jobs(service))

    assert found["state"] == "screened"
    assert screener.screened == [pdf()]


def database_url(service: ServiceFixture) -> str:
    return service.settings.documents_database_url.get_secret_value()


async def no_jobs(service: ServiceFixture) -> bool:
    return await waiting_jobs(service) == 0


async def test_a_worker_that_lost_its_session_listens_again(
    service: ServiceFixture, applicant: httpx2.AsyncClient, make_worker: MakeWorker
) -> None:
    async with running_in_background(make_worker(CountingScreener()).run()):
        await eventually(lambda: end_sessions(database_url(service), "vinculo-screening"))
        upload_id = await completed_upload(applicant)
        found = await result_of(applicant, f"/documents/v1/me/uploads/{upload_id}")

    assert found["state"] == "screened"


async def test_a_job_of_a_killed_worker_is_taken_over_when_its_lease_ends(
    *,
    service: ServiceFixture,
    applicant: httpx2.AsyncClient,
    person: UUID,
    clock: Clock,
    make_worker: MakeWorker,
) -> None:
    upload_id = await completed_upload(applicant)
    async with service.connections.database.begin() as connection:
        assert len(await lease_jobs(connection, now=clock.now, lease=LEASE, limit=5)) == 1
    screener = CountingScreener()
    worker = make_worker(screener)

    clock.now += LEASE - timedelta(seconds=1)
    await worker.run_due()
    assert screener.screened == []

    clock.now += timedelta(seconds=1)
    await worker.run_due()
    assert screener.screened == [pdf()]
    assert (await state_of(applicant, upload_id))["state"] == "screened"
    assert len(await service.events(person)) == 3


async def test_a_lease_is_renewed_while_the_file_is_screened(
    service: ServiceFixture, applicant: httpx2.AsyncClient, make_worker: MakeWorker, clock: Clock
) -> None:
    await completed_upload(applicant)
    slow, other = SlowScreener(), CountingScreener()
    lease = timedelta(milliseconds=300)
    async with running_in_background(make_worker(slow, lease=lease).run_due()):
        await slow.started.wait()
        clock.now += lease * 10

        async def is_renewed() -> bool:
            async with service.connections.database.connect() as connection:
                backlog = await measure_jobs(connection, now=clock.now)
            return backlog.next_due_at is not None

        await eventually(is_renewed)
        await make_worker(other).run_due()
        assert other.screened == []
        slow.released.set()
        await eventually(lambda: no_jobs(service))


async def test_a_worker_that_stops_gives_its_jobs_back(
    applicant: httpx2.AsyncClient, make_worker: MakeWorker
) -> None:
    upload_id = await completed_upload(applicant)
    slow, other = SlowScreener(), CountingScreener()
    async with running_in_background(make_worker(slow).run()):
        await slow.started.wait()

    await make_worker(other).run_due()
    assert other.screened == [pdf()]
    assert (await state_of(applicant, upload_id))["state"] == "screened"


async def test_a_file_that_cannot_be_screened_is_refused_after_three_attempts(
    *,
    service: ServiceFixture,
    applicant: httpx2.AsyncClient,
    person: UUID,
    clock: Clock,
    make_worker: MakeWorker,
) -> None:
    upload_id = await completed_upload(applicant)
    screener = CountingScreener(error=ScreeningError("the process ended"))
    worker = make_worker(screener)

    for attempts in (1, 2):
        await worker.run_due()
        assert len(screener.screened) == attempts
        assert (await state_of(applicant, upload_id))["state"] == "received"
        clock.now += timedelta(minutes=1)
    await worker.run_due()

    state = await state_of(applicant, upload_id)
    assert (state["state"], state["reason"]) == ("failed", "screening_failed")
    assert state["reason_in_words"] == "could not be checked"
    _, received, failed = await service.events(person)
    assert isinstance(received, DocumentReceived)
    assert isinstance(failed, DocumentFailedScreening)
    assert await waiting_jobs(service) == 0


async def test_a_file_that_ends_its_workers_is_refused_without_another_attempt(
    service: ServiceFixture, applicant: httpx2.AsyncClient, clock: Clock, make_worker: MakeWorker
) -> None:
    upload_id = await completed_upload(applicant)
    for _ in range(3):
        async with service.connections.database.begin() as connection:
            (job,) = await lease_jobs(connection, now=clock.now, lease=LEASE, limit=5)
        clock.now += LEASE
    screener = CountingScreener()
    await make_worker(screener).run_due()

    assert job.attempts == 3
    assert screener.screened == []
    assert (await state_of(applicant, upload_id))["reason"] == "screening_failed"


class StoppedScanner(Scanner):
    """Nothing listens at its address."""


OUTAGES = [
    ScreeningUnavailableError("no namespace"),
    ObjectStoreUnavailableError("MaxRetryError"),
    ConnectionRefusedError(),
]


@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: type(outage).__name__)
async def test_an_outage_is_no_attempt(
    applicant: httpx2.AsyncClient, clock: Clock, make_worker: MakeWorker, outage: Exception
) -> None:
    upload_id = await completed_upload(applicant)
    worker = make_worker(CountingScreener(error=outage))
    for _ in range(5):
        await worker.run_due()
        clock.now += timedelta(seconds=6)
    assert (await state_of(applicant, upload_id))["state"] == "received"

    await make_worker(CountingScreener()).run_due()
    assert (await state_of(applicant, upload_id))["state"] == "screened"


async def test_without_the_scanner_no_file_is_accepted(
    applicant: httpx2.AsyncClient, clock: Clock, make_worker: MakeWorker
) -> None:
    upload_id = await completed_upload(applicant)
    registry = CollectorRegistry()
    screener, scanner = CountingScreener(), StoppedScanner(url="tcp://127.0.0.1:1")
    worker = make_worker(screener, scanner=scanner, metrics=DocumentsMetrics(registry))
    for _ in range(4):
        await worker.run_due()
        clock.now += timedelta(seconds=6)

    assert screener.screened == []
    assert (await state_of(applicant, upload_id))["state"] == "received"
    assert registry.get_sample_value("documents_scanner_failures_total") == 4
    assert not scanner.is_available


async def test_the_files_of_one_person_are_screened_in_the_order_of_their_completion(
    *,
    service: ServiceFixture,
    applicant: httpx2.AsyncClient,
    person: UUID,
    make_worker: MakeWorker,
) -> None:
    contents = [pdf(pages=pages) for pages in (1, 2, 3)]
    uploads = [await completed_upload(applicant, content) for content in contents]
    other = await service.person()
    async with service.caller(Role.APPLICANT, other) as another:
        await completed_upload(another, pdf(pages=4))
    slow = SlowScreener()
    async with running_in_background(make_worker(slow, concurrency=4).run_due()):
        await slow.started.wait()
        async with service.connections.database.connect() as connection:
            assert await lease_jobs(connection, now=datetime.now(UTC), lease=LEASE, limit=9) == []
        slow.released.set()
        await eventually(lambda: no_jobs(service))

    assert [each for each in slow.screened if each in contents] == contents
    (document,) = [
        each
        for each in (await applicant.get("/documents/v1/me/dossier")).json()["documents"]
        if each["state"] == "screened"
    ]
    assert document["document_id"] == uploads[-1]
    assert person != other


async def test_what_waits_is_measured(
    applicant: httpx2.AsyncClient, clock: Clock, make_worker: MakeWorker
) -> None:
    await completed_upload(applicant)
    registry = CollectorRegistry()
    clock.now += timedelta(seconds=40)
    slow = SlowScreener()
    worker = make_worker(slow, metrics=DocumentsMetrics(registry))
    async with running_in_background(worker.run()):
        await eventually(lambda: registry.get_sample_value("documents_screening_jobs") == 1)
        age = registry.get_sample_value("documents_oldest_screening_job_age_seconds")
        slow.released.set()
        await eventually(lambda: registry.get_sample_value("documents_screening_jobs") == 0)

    assert age is not None
    assert age >= 35
    screened = registry.get_sample_value("documents_screened_files_total", {"result": "screened"})
    assert screened == 1


async def test_clamd_refuses_malware_and_nothing_is_accepted_while_it_is_away(
    make_service: MakeServiceFixture, tmp_path: Path
) -> None:
    port = free_ports(["clamd"])["clamd"]
    async with running_clamd(tmp_path, port) as url:
        service = await make_service(documents_clamd_url=url)
        person = await service.person()
        async with service.caller(Role.APPLICANT, person) as applicant:
            infected = await provide(applicant, "payslip", EICAR)
            clean = await provide(applicant, "payslip")
    scanner = service.connections.scanner
    assert scanner is not None
    async with service.caller(Role.APPLICANT, person) as applicant:
        upload_id = await completed_upload(applicant)
        await eventually(lambda: not scanner.is_available)
        waiting = await state_of(applicant, upload_id)
        async with running_clamd(tmp_path, port):
            path = f"/documents/v1/me/uploads/{upload_id}"
            screened = await result_of(applicant, path)

    assert (infected["state"], infected["reason"]) == ("failed", "malware")
    assert infected["reason_in_words"] == "harmful program"
    assert clean["state"] == "screened"
    assert waiting["state"] == "received"
    assert screened["state"] == "screened"

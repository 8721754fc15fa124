"""A completion that is interrupted at any step is resumed by the next one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role
from vinculo.documents.application.uploads import UploadService
from vinculo.documents.domain.dossier import (
    DocumentFailedScreening,
    DocumentReceived,
    DocumentScreened,
)
from vinculo.documents.screening.screener import Screener, ScreeningError, ScreeningResult
from vinculo.documents.storage.object_store import ObjectStore, ObjectStoreUnavailableError
from vinculo.documents.storage.person_access import PersonErased, record_erasure
from vinculo.documents.storage.uploads import UploadLimits, clean_key, quarantine_key
from vinculo.events import Meta

from ..dossier_history import NOW
from ..sample_files import pdf
from ..service_fixture import ServiceFixture
from ..upload_client import announce, complete, send_form

pytestmark = pytest.mark.servers


class Killed(Exception):
    """Simulates the end of the process."""


class KilledScreener(Screener):
    async def screen(self, *_: object, **__: object) -> ScreeningResult:
        raise Killed


class FailingScreener(Screener):
    async def screen(self, *_: object, **__: object) -> ScreeningResult:
        raise ScreeningError("exit code 1")


@pytest.fixture
async def person(service: ServiceFixture) -> UUID:
    return await service.person()


@pytest.fixture
async def applicant(service: ServiceFixture, person: UUID) -> AsyncIterator[httpx2.AsyncClient]:
    async with service.caller(Role.APPLICANT, person) as client:
        yield client


@pytest.fixture
async def form(applicant: httpx2.AsyncClient) -> dict[str, object]:
    form = await announce(applicant, "payslip")
    assert await send_form(form, pdf()) == 204
    return form


async def completion_fails(
    service: ServiceFixture,
    upload_id: UUID,
    *,
    person: UUID,
    screener: Screener | None = None,
    error: type[Exception] = Killed,
) -> None:
    uploads = UploadService(
        store=service.store,
        objects=service.connections.objects,
        screener=screener or Screener(),
        limits=UploadLimits(),
        max_file_bytes=10**6,
    )
    with pytest.raises(error):
        await uploads.complete(person, upload_id, datetime.now(UTC), Meta())


def kill_at(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    async def kill(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(ObjectStore, method, kill)


Interruption = Callable[[ServiceFixture, UUID, UUID, pytest.MonkeyPatch], Awaitable[None]]


async def before_screening(
    service: ServiceFixture, person: UUID, upload_id: UUID, _: pytest.MonkeyPatch
) -> None:
    await completion_fails(service, upload_id, person=person, screener=KilledScreener())


async def before_storing(
    service: ServiceFixture, person: UUID, upload_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        kill_at(patched, "put")
        await completion_fails(service, upload_id, person=person)


async def before_deleting(
    service: ServiceFixture, person: UUID, upload_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        kill_at(patched, "delete")
        await completion_fails(service, upload_id, person=person)


@pytest.mark.parametrize("interrupt", [before_screening, before_storing, before_deleting])
async def test_an_interrupted_completion_is_resumed(
    *,
    service: ServiceFixture,
    applicant: httpx2.AsyncClient,
    person: UUID,
    form: dict[str, str],
    interrupt: Interruption,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload_id = UUID(form["upload_id"])
    await interrupt(service, person, upload_id, monkeypatch)

    assert await complete(applicant, form["upload_id"]) == {
        "document_id": form["upload_id"],
        "state": "screened",
    }
    _, received, screened = await service.events(person)
    assert isinstance(received, DocumentReceived)
    assert isinstance(screened, DocumentScreened)
    objects = service.connections.objects
    assert await objects.read(clean_key(person, upload_id), max_bytes=10**6) == pdf()
    assert await objects.read(quarantine_key(person, upload_id), max_bytes=10**6) is None


async def test_a_file_that_replaces_the_received_one_fails_the_screening(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    upload_id = UUID(form["upload_id"])
    await completion_fails(service, upload_id, person=person, screener=KilledScreener())
    assert await send_form(form, pdf(pages=2)) == 204

    assert await complete(applicant, form["upload_id"]) == {
        "document_id": form["upload_id"],
        "state": "failed",
        "reason": "changed_after_upload",
    }
    assert isinstance((await service.events(person))[-1], DocumentFailedScreening)


async def test_a_received_file_that_disappeared_fails_the_screening(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    upload_id = UUID(form["upload_id"])
    await completion_fails(service, upload_id, person=person, screener=KilledScreener())
    await service.connections.objects.delete(quarantine_key(person, upload_id))

    assert (await complete(applicant, form["upload_id"]))["reason"] == "changed_after_upload"


async def test_a_file_sent_again_after_the_result_changes_nothing(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    first = await complete(applicant, form["upload_id"])
    assert await send_form(form, b"something else") == 204

    assert await complete(applicant, form["upload_id"]) == first
    upload_id = UUID(form["upload_id"])
    objects = service.connections.objects
    assert await objects.read(clean_key(person, upload_id), max_bytes=10**6) == pdf()
    assert await objects.read(quarantine_key(person, upload_id), max_bytes=10**6) is None


async def test_a_screening_error_leaves_the_file_without_a_result(
    service: ServiceFixture, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    await completion_fails(
        service,
        UUID(form["upload_id"]),
        person=person,
        screener=FailingScreener(),
        error=ScreeningError,
    )

    assert (await complete(applicant, form["upload_id"]))["state"] == "screened"


async def test_an_unavailable_object_store_is_a_problem_and_loses_nothing(
    applicant: httpx2.AsyncClient, form: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(*_: object, **__: object) -> None:
        raise ObjectStoreUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "read", unavailable)
        response = await applicant.post(f"/documents/v1/me/uploads/{form['upload_id']}/completion")

    assert response.status_code == 503
    assert response.json()["type"] == "urn:vinculo:problem:files-unavailable"
    assert (await complete(applicant, form["upload_id"]))["state"] == "screened"


async def test_an_erasure_during_the_screening_prevents_the_result(
    service: ServiceFixture, person: UUID, form: dict[str, str]
) -> None:
    class ErasingScreener(Screener):
        async def screen(self, content: bytes, media_type: str) -> ScreeningResult:
            async with service.connections.database.begin() as connection:
                await record_erasure(connection, person, NOW)
            return await super().screen(content, media_type)

    await completion_fails(
        service,
        UUID(form["upload_id"]),
        person=person,
        screener=ErasingScreener(),
        error=PersonErased,
    )

    assert isinstance((await service.events(person))[-1], DocumentReceived)

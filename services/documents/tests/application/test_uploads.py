"""A completion that dies at any step is carried on by the next one, and answers the same."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role
from vinculo.documents.application.uploads import UploadCompletion
from vinculo.documents.domain.dossier import (
    DocumentFailedScreening,
    DocumentReceived,
    DocumentScreened,
)
from vinculo.documents.screening.screener import Screener, ScreeningBroken, Verdict
from vinculo.documents.storage.object_store import ObjectStore, ObjectStoreUnavailable
from vinculo.documents.storage.person_access import PersonErased, close_erased
from vinculo.documents.storage.uploads import clean_key, quarantine_key
from vinculo.events import Meta

from ..dossier_history import NOW
from ..sample_files import pdf
from ..service_fixture import Service, announce, complete, send_form

pytestmark = pytest.mark.servers


class Died(Exception):
    """Stands for the process being killed."""


class DyingScreener(Screener):
    async def screen(self, content: bytes, media_type: str) -> Verdict:  # noqa: ARG002 - it dies
        raise Died


class BrokenScreener(Screener):
    async def screen(self, content: bytes, media_type: str) -> Verdict:  # noqa: ARG002 - broken
        raise ScreeningBroken("exit code 1")


@pytest.fixture
async def person(service: Service) -> UUID:
    return await service.person()


@pytest.fixture
async def applicant(service: Service, person: UUID) -> AsyncIterator[httpx2.AsyncClient]:
    async with service.caller(Role.APPLICANT, person) as client:
        yield client


@pytest.fixture
async def form(applicant: httpx2.AsyncClient) -> dict[str, object]:
    form = await announce(applicant, "payslip")
    assert await send_form(form, pdf()) == 204
    return form


async def completion_dies(
    service: Service,
    upload_id: UUID,
    *,
    person: UUID,
    screener: Screener | None = None,
    error: type[Exception] = Died,
) -> None:
    completion = UploadCompletion(
        store=service.store,
        objects=service.connections.objects,
        screener=screener or Screener(),
        max_bytes=10**6,
    )
    with pytest.raises(error):
        await completion.complete(person, upload_id, datetime.now(UTC), Meta())


def dies(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    async def die(*_: object, **__: object) -> None:
        raise Died

    monkeypatch.setattr(ObjectStore, method, die)


Break = Callable[[Service, UUID, UUID, pytest.MonkeyPatch], Awaitable[None]]


async def before_screening(
    service: Service, person: UUID, upload_id: UUID, _: pytest.MonkeyPatch
) -> None:
    await completion_dies(service, upload_id, person=person, screener=DyingScreener())


async def before_keeping(
    service: Service, person: UUID, upload_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        dies(patched, "put")
        await completion_dies(service, upload_id, person=person)


async def before_sweeping(
    service: Service, person: UUID, upload_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        dies(patched, "delete")
        await completion_dies(service, upload_id, person=person)


@pytest.mark.parametrize("break_off", [before_screening, before_keeping, before_sweeping])
async def test_a_completion_broken_off_is_carried_on(
    *,
    service: Service,
    applicant: httpx2.AsyncClient,
    person: UUID,
    form: dict[str, str],
    break_off: Break,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload_id = UUID(form["upload_id"])
    await break_off(service, person, upload_id, monkeypatch)

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


async def test_another_file_put_in_place_of_the_received_one_is_refused(
    service: Service, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    upload_id = UUID(form["upload_id"])
    await completion_dies(service, upload_id, person=person, screener=DyingScreener())
    assert await send_form(form, pdf(pages=2)) == 204

    assert await complete(applicant, form["upload_id"]) == {
        "document_id": form["upload_id"],
        "state": "failed",
        "reason": "changed_after_upload",
    }
    assert isinstance((await service.events(person))[-1], DocumentFailedScreening)


async def test_a_received_file_that_vanished_is_refused(
    service: Service, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    upload_id = UUID(form["upload_id"])
    await completion_dies(service, upload_id, person=person, screener=DyingScreener())
    await service.connections.objects.delete(quarantine_key(person, upload_id))

    assert (await complete(applicant, form["upload_id"]))["reason"] == "changed_after_upload"


async def test_a_file_sent_again_after_its_result_changes_nothing(
    service: Service, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    first = await complete(applicant, form["upload_id"])
    assert await send_form(form, b"something else") == 204

    assert await complete(applicant, form["upload_id"]) == first
    upload_id = UUID(form["upload_id"])
    objects = service.connections.objects
    assert await objects.read(clean_key(person, upload_id), max_bytes=10**6) == pdf()
    assert await objects.read(quarantine_key(person, upload_id), max_bytes=10**6) is None


async def test_a_broken_screening_says_nothing_about_the_file(
    service: Service, applicant: httpx2.AsyncClient, person: UUID, form: dict[str, str]
) -> None:
    await completion_dies(
        service,
        UUID(form["upload_id"]),
        person=person,
        screener=BrokenScreener(),
        error=ScreeningBroken,
    )

    assert (await complete(applicant, form["upload_id"]))["state"] == "screened"


async def test_a_store_that_is_away_is_told_and_loses_nothing(
    applicant: httpx2.AsyncClient, form: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise ObjectStoreUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "read", away)
        answer = await applicant.post(f"/documents/v1/me/uploads/{form['upload_id']}/completion")

    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:vinculo:problem:files-unavailable"
    assert (await complete(applicant, form["upload_id"]))["state"] == "screened"


async def test_an_erasure_during_the_screening_keeps_the_document_out(
    service: Service, person: UUID, form: dict[str, str]
) -> None:
    class ErasingScreener(Screener):
        async def screen(self, content: bytes, media_type: str) -> Verdict:
            async with service.connections.database.begin() as connection:
                await close_erased(connection, person, NOW)
            return await super().screen(content, media_type)

    await completion_dies(
        service,
        UUID(form["upload_id"]),
        person=person,
        screener=ErasingScreener(),
        error=PersonErased,
    )

    assert isinstance((await service.events(person))[-1], DocumentReceived)

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from vinculo.access import Role
from vinculo.documents.domain.dossier import (
    DocumentFailedScreening,
    DocumentReceived,
    DocumentScreened,
    DossierSubmitted,
)
from vinculo.documents.storage.object_store import ObjectStore, ObjectStoreUnavailableError
from vinculo.documents.storage.person_access import record_erasure, record_status
from vinculo.documents.storage.tables import uploads
from vinculo.documents.storage.uploads import clean_key, quarantine_key
from vinculo.events import uuid7
from vinculo.httpapi import parse_position

from ..conftest import MakeServiceFixture
from ..dossier_history import NOW
from ..sample_files import JPEG, PDF, jpeg, pdf
from ..service_fixture import ServiceFixture
from ..upload_client import KINDS, announce, complete, provide, provide_all, send_form

pytestmark = pytest.mark.servers


async def test_a_file_goes_through_quarantine_and_is_stored_sanitized(
    service: ServiceFixture,
) -> None:
    person = await service.person()
    photo = jpeg()
    async with service.caller(Role.APPLICANT, person) as applicant:
        completed = await provide(applicant, "identity_card_front", photo, media_type=JPEG)

    document_id = UUID(completed["document_id"])
    assert completed == {"document_id": str(document_id), "state": "screened"}
    objects = service.connections.objects
    stored = await objects.read(clean_key(person, document_id), max_bytes=10**6)
    assert stored is not None
    assert b"secret place" not in stored
    assert await objects.read(quarantine_key(person, document_id), max_bytes=10**6) is None
    _, received, screened = await service.events(person)
    assert isinstance(received, DocumentReceived)
    assert (received.size_bytes, received.media_type) == (len(photo), JPEG)
    assert isinstance(screened, DocumentScreened)
    assert screened.size_bytes == len(stored)
    assert screened.sha256 != received.sha256


async def test_four_documents_submit_the_dossier(service: ServiceFixture) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        documents = await provide_all(applicant)
        dossier = (await applicant.get("/documents/v1/me/dossier")).json()

    assert dossier["status"] == "submitted"
    assert [each["state"] for each in dossier["requirements"]] == ["screened"] * 4
    assert [each["document_id"] for each in dossier["documents"]] == list(documents.values())
    submitted = (await service.events(person))[-1]
    assert isinstance(submitted, DossierSubmitted)
    assert [str(each) for each in submitted.document_ids] == list(documents.values())


async def test_a_file_that_fails_the_screening_is_shown_with_its_reason_and_not_stored(
    service: ServiceFixture,
) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        completed = await provide(applicant, "payslip", b"<html>no payslip</html>")
        dossier = (await applicant.get("/documents/v1/me/dossier")).json()

    document_id = UUID(completed["document_id"])
    assert completed == {
        "document_id": str(document_id),
        "state": "failed",
        "reason": "type_mismatch",
        "reason_in_words": "the content is not of the declared type",
    }
    assert isinstance((await service.events(person))[-1], DocumentFailedScreening)
    objects = service.connections.objects
    assert await objects.read(clean_key(person, document_id), max_bytes=10**6) is None
    assert await objects.read(quarantine_key(person, document_id), max_bytes=10**6) is None
    payslip = next(each for each in dossier["requirements"] if each["code"] == "payslip")
    assert (payslip["state"], payslip["reason"]) == ("missing", "type_mismatch")


async def test_completing_twice_returns_the_same_and_records_nothing(
    service: ServiceFixture,
) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        first = await provide(applicant, "payslip")
        events = await service.events(person)

        assert await complete(applicant, first["document_id"]) == first

    assert await service.events(person) == events


async def test_concurrent_completions_are_one_document(service: ServiceFixture) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        form = await announce(applicant, "payslip")
        await send_form(form, pdf())
        responses = await asyncio.gather(
            *(complete(applicant, form["upload_id"]) for _ in range(5))
        )

    assert responses == [{"document_id": form["upload_id"], "state": "screened"}] * 5
    _, received, screened = await service.events(person)
    assert isinstance(received, DocumentReceived)
    assert isinstance(screened, DocumentScreened)


async def test_a_completion_is_answered_before_the_screening(
    make_service: MakeServiceFixture,
) -> None:
    service = await make_service(has_worker=False)
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        form = await announce(applicant, "payslip")
        path = f"/documents/v1/me/uploads/{form['upload_id']}"
        announced = await applicant.get(path)
        await send_form(form, pdf())
        completion = await applicant.post(f"{path}/completion")
        waiting = await applicant.get(path)
        await service.screening_worker.run_due()
        screened = await applicant.get(path)

    document = {"document_id": form["upload_id"]}
    assert announced.json() == document | {"state": "announced"}
    assert completion.status_code == 202
    assert completion.json() == waiting.json() == document | {"state": "received"}
    assert completion.headers["retry-after"] == waiting.headers["retry-after"] == "1"
    assert waiting.headers["cache-control"] == "no-store"
    assert screened.json() == document | {"state": "screened"}
    assert "retry-after" not in screened.headers


async def test_reasons_are_in_the_language_of_the_request(service: ServiceFixture) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        upload = await provide(applicant, "payslip", b"<html>no payslip</html>")
        path = f"/documents/v1/me/uploads/{upload['document_id']}"
        spanish = await applicant.get(path, headers={"accept-language": "es-CO"})

    assert spanish.json()["reason_in_words"] == "el contenido no es del tipo indicado"


async def test_an_unavailable_object_store_is_a_problem_and_loses_nothing(
    service: ServiceFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(*_: object, **__: object) -> None:
        raise ObjectStoreUnavailableError

    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        form = await announce(applicant, "payslip")
        await send_form(form, pdf())
        with monkeypatch.context() as patched:
            patched.setattr(ObjectStore, "size", unavailable)
            response = await applicant.post(
                f"/documents/v1/me/uploads/{form['upload_id']}/completion"
            )
        completed = await complete(applicant, form["upload_id"])

    assert response.status_code == 503
    assert response.json()["type"] == "urn:vinculo:problem:files-unavailable"
    assert completed["state"] == "screened"


async def test_a_file_not_yet_uploaded_cannot_be_completed(service: ServiceFixture) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        form = await announce(applicant, "payslip")
        response = await applicant.post(f"/documents/v1/me/uploads/{form['upload_id']}/completion")

    assert response.status_code == 409
    assert response.json()["type"] == "urn:vinculo:problem:file-not-uploaded"


async def test_the_upload_and_document_of_another_person_are_not_found(
    service: ServiceFixture,
) -> None:
    owner, other = await service.person(), await service.person()
    async with service.caller(Role.APPLICANT, owner) as applicant:
        document_id = (await provide(applicant, "payslip"))["document_id"]
    async with service.caller(Role.APPLICANT, other) as applicant:
        completion = await applicant.post(f"/documents/v1/me/uploads/{document_id}/completion")
        state = await applicant.get(f"/documents/v1/me/uploads/{document_id}")
        link = await applicant.post(f"/documents/v1/me/documents/{document_id}/download-links")

    assert completion.status_code == 404
    assert state.status_code == 404
    assert link.status_code == 404


@pytest.mark.parametrize("upload_id", [str(UUID(int=404)), "1", "../../x"])
async def test_an_unknown_upload_is_refused(service: ServiceFixture, upload_id: str) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        response = await applicant.post(f"/documents/v1/me/uploads/{upload_id}/completion")

    assert response.status_code in {404, 422}


async def test_before_the_dossier_is_open_the_applicant_has_to_retry(
    service: ServiceFixture,
) -> None:
    async with service.caller(Role.APPLICANT, uuid7()) as applicant:
        upload = await applicant.post(
            "/documents/v1/me/uploads",
            json={"kind": "payslip", "media_type": PDF, "size_bytes": 10},
        )
        dossier = await applicant.get("/documents/v1/me/dossier")

    assert (upload.status_code, upload.headers["retry-after"]) == (409, "1")
    assert upload.json()["type"] == "urn:vinculo:problem:dossier-not-open"
    assert dossier.status_code == 409


async def test_a_document_that_is_not_required_is_refused(service: ServiceFixture) -> None:
    person = await service.person()
    body = {"kind": "passport", "media_type": PDF, "size_bytes": 10}
    async with service.caller(Role.APPLICANT, person) as applicant:
        response = await applicant.post("/documents/v1/me/uploads", json=body)

    assert response.status_code == 422
    assert response.json()["type"] == "urn:vinculo:problem:kind-not-required"


async def test_an_announcement_repeated_with_its_key_returns_the_first_upload(
    service: ServiceFixture,
) -> None:
    person = await service.person()
    headers = {"idempotency-key": "one"}
    body = {"kind": "payslip", "media_type": PDF, "size_bytes": 10}
    path = "/documents/v1/me/uploads"
    async with service.caller(Role.APPLICANT, person) as applicant:
        first = await applicant.post(path, json=body, headers=headers)
        again = await applicant.post(path, json=body, headers=headers)
        other = await applicant.post(path, json=body | {"size_bytes": 11}, headers=headers)

    assert first.json()["upload_id"] == again.json()["upload_id"]
    assert first.json()["expires_at"] == again.json()["expires_at"]
    assert other.status_code == 422
    assert other.json()["type"] == "urn:vinculo:problem:idempotency-key-reused"


async def test_open_uploads_are_limited_even_when_announced_concurrently(
    make_service: MakeServiceFixture,
) -> None:
    service = await make_service(documents_max_open_uploads="3")
    person = await service.person()
    body = {"kind": "payslip", "media_type": PDF, "size_bytes": 10}
    async with service.caller(Role.APPLICANT, person) as applicant:
        responses = await asyncio.gather(
            *(applicant.post("/documents/v1/me/uploads", json=body) for _ in range(8))
        )

    assert sorted(response.status_code for response in responses) == [201] * 3 + [429] * 5
    refused = next(response for response in responses if response.status_code == 429)
    assert refused.json()["type"] == "urn:vinculo:problem:too-many-uploads"
    assert int(refused.headers["retry-after"]) > 0


async def test_completed_and_expired_uploads_do_not_count_as_open(
    make_service: MakeServiceFixture,
) -> None:
    service = await make_service(documents_max_open_uploads="1")
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        await provide(applicant, "payslip")
        form = await announce(applicant, "payslip")
        async with service.connections.database.begin() as connection:
            await connection.execute(
                update(uploads)
                .where(uploads.c.upload_id == UUID(form["upload_id"]))
                .values(expires_at=NOW)
            )

        assert await announce(applicant, "payslip")


async def test_uploads_per_day_are_limited(make_service: MakeServiceFixture) -> None:
    service = await make_service(documents_max_uploads_per_day="1")
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        await provide(applicant, "payslip")
        response = await applicant.post(
            "/documents/v1/me/uploads",
            json={"kind": "payslip", "media_type": PDF, "size_bytes": 10},
        )

    assert response.status_code == 429


async def test_a_blocked_person_may_not_upload(service: ServiceFixture) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        form = await announce(applicant, "payslip")
        await send_form(form, pdf())
        async with service.connections.database.begin() as connection:
            await record_status(connection, person, "blocked")
        upload = await applicant.post(
            "/documents/v1/me/uploads",
            json={"kind": "payslip", "media_type": PDF, "size_bytes": 10},
        )
        completion = await applicant.post(
            f"/documents/v1/me/uploads/{form['upload_id']}/completion"
        )
        async with service.connections.database.begin() as connection:
            await record_status(connection, person, "pending")
        unblocked = await complete(applicant, form["upload_id"])

    assert upload.status_code == 403
    assert upload.json()["type"] == "urn:vinculo:problem:person-blocked"
    assert completion.status_code == 403
    assert unblocked["state"] == "screened"


async def test_an_erased_person_may_neither_upload_nor_read(service: ServiceFixture) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        form = await announce(applicant, "payslip")
        await send_form(form, pdf())
        async with service.connections.database.begin() as connection:
            await record_erasure(connection, person, NOW)
        responses = [
            await applicant.post(
                "/documents/v1/me/uploads",
                json={"kind": "payslip", "media_type": PDF, "size_bytes": 10},
            ),
            await applicant.post(f"/documents/v1/me/uploads/{form['upload_id']}/completion"),
            await applicant.get(f"/documents/v1/me/uploads/{form['upload_id']}"),
            await applicant.get("/documents/v1/me/dossier"),
        ]

    assert [response.status_code for response in responses] == [410] * 4
    assert len(await service.events(person)) == 1


async def test_an_applicant_gets_a_link_to_their_own_file(service: ServiceFixture) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        document_id = (await provide(applicant, KINDS[2]))["document_id"]
        link = await applicant.post(f"/documents/v1/me/documents/{document_id}/download-links")
        unknown = await applicant.post(f"/documents/v1/me/documents/{uuid4()}/download-links")

    assert link.status_code == 201
    assert link.json()["url"].startswith(service.settings.vinculo_public_url)
    assert unknown.status_code == 404


async def test_the_result_and_a_repeated_completion_carry_the_position_of_the_stream(
    service: ServiceFixture,
) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        upload_id = (await provide(applicant, "payslip"))["document_id"]
        path = f"/documents/v1/me/uploads/{upload_id}"
        responses = [await applicant.get(path), await applicant.post(f"{path}/completion")]

    position = (f"dossier-{person}", len(await service.events(person)))
    for response in responses:
        assert parse_position(response.headers["vinculo-position"]) == position


@pytest.mark.parametrize(
    ("media_type", "code", "advice"),
    [
        ("image/heic", "heic_not_accepted", "Most Compatible"),
        ("image/HEIF", "heic_not_accepted", "Most Compatible"),
        ("image/heic-sequence", "heic_not_accepted", "screenshot"),
        ("image/gif", "media_type_not_accepted", "JPEG or PNG"),
        (7, "not_allowed", "application/pdf, image/jpeg, image/png"),
    ],
)
async def test_other_types_are_refused_at_the_announcement_with_words_that_help(
    offline_service: ServiceFixture, media_type: object, code: str, advice: str
) -> None:
    body = {"kind": "payslip", "media_type": media_type, "size_bytes": 10}
    async with offline_service.caller(Role.APPLICANT) as applicant:
        response = await applicant.post("/documents/v1/me/uploads", json=body)

    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["field"], error["code"]) == ("media_type", code)
    assert advice in error["message"]

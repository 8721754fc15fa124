from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select

from vinculo.access import Permission, Role, guarded_routes
from vinculo.documents.domain.dossier import (
    DocumentAccepted,
    DocumentDemanded,
    DocumentRejected,
    DossierAccepted,
    DossierReopened,
)
from vinculo.documents.storage.person_access import record_erasure, record_status
from vinculo.documents.storage.tables import document_accesses
from vinculo.events import Sealed
from vinculo.httpapi import parse_position
from vinculo.httpapi.testing import discard_saved_responses

from ..dossier_history import NOW
from ..sample_files import JPEG, jpeg, pdf
from ..service_fixture import ServiceFixture
from ..upload_client import announce, provide, provide_all

pytestmark = pytest.mark.servers

QUEUE = "/documents/v1/review-queue"
NOTE = "La foto está cortada."


async def submitted_person(service: ServiceFixture) -> tuple[UUID, dict[str, str]]:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        return person, await provide_all(applicant)


async def queue(reviewer: httpx2.AsyncClient) -> list[str]:
    return [item["person_id"] for item in (await reviewer.get(QUEUE)).json()["items"]]


async def seen_version(reviewer: httpx2.AsyncClient, person: UUID) -> dict[str, str]:
    """The header with the version of the dossier; that of a dossier that cannot be read is 1."""
    response = await reviewer.get(f"/documents/v1/people/{person}/dossier")
    return {"if-match": response.headers.get("etag", '"1"')}


async def accept(reviewer: httpx2.AsyncClient, person: UUID, document_id: str) -> httpx2.Response:
    """Accept what the reviewer sees now."""
    return await reviewer.post(
        f"/documents/v1/documents/{document_id}/acceptance",
        headers=await seen_version(reviewer, person),
    )


async def reject(
    reviewer: httpx2.AsyncClient, person: UUID, document_id: str, **more: object
) -> httpx2.Response:
    return await reviewer.post(
        f"/documents/v1/documents/{document_id}/rejection",
        json={"reason_code": "illegible", **more},
        headers=await seen_version(reviewer, person),
    )


async def demand(reviewer: httpx2.AsyncClient, person: UUID, **body: object) -> httpx2.Response:
    return await reviewer.post(
        f"/documents/v1/people/{person}/dossier/demands",
        json=body,
        headers=await seen_version(reviewer, person),
    )


async def test_accepting_every_document_accepts_the_dossier(service: ServiceFixture) -> None:
    person, documents = await submitted_person(service)
    reviewer_id = uuid4()
    async with service.caller(Role.REVIEWER, reviewer_id) as reviewer:
        assert await queue(reviewer) == [str(person)]
        responses = [await accept(reviewer, person, each) for each in documents.values()]
        waiting = await queue(reviewer)

    assert [(response.status_code, response.json()) for response in responses] == [(200, {})] * 4
    positions = [parse_position(response.headers["vinculo-position"]) for response in responses]
    assert positions[-1] == (f"dossier-{person}", len(await service.events(person)))
    assert {position[0] for position in positions if position} == {f"dossier-{person}"}
    assert waiting == []
    last, dossier = (await service.events(person))[-2:]
    assert isinstance(last, DocumentAccepted)
    assert last.accepted_by == reviewer_id
    assert isinstance(dossier, DossierAccepted)


async def test_a_rejection_is_shown_to_the_applicant_with_the_note(
    service: ServiceFixture,
) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.REVIEWER) as reviewer:
        response = await reject(reviewer, person, documents["payslip"], note=f"  {NOTE} ")
        waiting = await queue(reviewer)
    async with service.caller(Role.APPLICANT, person) as applicant:
        dossier = (await applicant.get("/documents/v1/me/dossier")).json()

    assert response.status_code == 200
    assert waiting == []
    rejected, reopened = (await service.events(person))[-2:]
    assert isinstance(rejected, DocumentRejected)
    assert isinstance(rejected.personal, Sealed)
    assert NOTE not in str(rejected.personal.envelope)
    assert isinstance(reopened, DossierReopened)
    assert dossier["status"] == "open"
    payslip = next(each for each in dossier["requirements"] if each["code"] == "payslip")
    assert (payslip["state"], payslip["reason"]) == ("rejected", "illegible")
    document = next(each for each in dossier["documents"] if each["kind"] == "payslip")
    assert document["note"] == NOTE


async def test_a_demanded_document_is_shown_to_the_applicant_with_the_note(
    service: ServiceFixture,
) -> None:
    person, documents = await submitted_person(service)
    async with (
        service.caller(Role.REVIEWER) as reviewer,
        service.caller(Role.APPLICANT, person) as applicant,
    ):
        body = {"kind": "bank_statement", "note": NOTE}
        responses = [await demand(reviewer, person, **body) for _ in range(2)]
        waiting = await queue(reviewer)
        dossier = (await applicant.get("/documents/v1/me/dossier")).json()
        sent = await provide(applicant, "bank_statement", pdf())
        back_in_queue = await queue(reviewer)
        for document_id in (*documents.values(), sent["document_id"]):
            assert (await accept(reviewer, person, document_id)).status_code == 200
        reviewed = (await reviewer.get(f"/documents/v1/people/{person}/dossier")).json()

    assert [response.status_code for response in responses] == [200, 200]
    assert (waiting, back_in_queue) == ([], [str(person)])
    assert dossier["status"] == "open"
    assert dossier["requirements"][-1] == {
        "code": "bank_statement",
        "kinds": ["bank_statement"],
        "kinds_in_words": ["bank statement"],
        "state": "missing",
        "note": NOTE,
    }
    demands = [e for e in await service.events(person) if isinstance(e, DocumentDemanded)]
    assert len(demands) == 1
    assert NOTE not in str(demands[0])
    assert reviewed["status"] == "accepted"


async def test_a_demand_of_an_unknown_person_of_oneself_or_of_an_unknown_kind_is_refused(
    service: ServiceFixture,
) -> None:
    person = await service.person()
    async with service.caller(Role.REVIEWER, person) as reviewer:
        of_unknown_person = await demand(reviewer, uuid4(), kind="bank_statement")
        of_oneself = await demand(reviewer, person, kind="bank_statement")
        unknown_kind = await demand(reviewer, person, kind="selfie")

    assert (of_unknown_person.status_code, of_oneself.status_code, unknown_kind.status_code) == (
        404,
        403,
        422,
    )
    assert of_unknown_person.json()["type"] == "urn:vinculo:problem:person-unknown"
    assert of_oneself.json()["type"] == "urn:vinculo:problem:own-dossier"


async def test_a_new_file_after_a_rejection_returns_the_dossier_to_review(
    service: ServiceFixture,
) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.REVIEWER) as reviewer:
        await reject(reviewer, person, documents["payslip"])
        async with service.caller(Role.APPLICANT, person) as applicant:
            again = await provide(applicant, "payslip", pdf(pages=2))
        assert await queue(reviewer) == [str(person)]
        for document_id in {**documents, "payslip": again["document_id"]}.values():
            assert (await accept(reviewer, person, document_id)).status_code == 200
        dossier = (await reviewer.get(f"/documents/v1/people/{person}/dossier")).json()

    assert dossier["status"] == "accepted"
    states = {each["document_id"]: each["state"] for each in dossier["documents"]}
    assert states[documents["payslip"]] == "rejected"
    assert states[again["document_id"]] == "accepted"


async def test_a_superseded_document_cannot_be_reviewed(service: ServiceFixture) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.APPLICANT, person) as applicant:
        await provide(applicant, "payslip", pdf(pages=2))
    async with service.caller(Role.REVIEWER) as reviewer:
        response = await accept(reviewer, person, documents["payslip"])
        items = (await reviewer.get(QUEUE)).json()["items"]

    assert response.status_code == 409
    assert response.json()["type"] == "urn:vinculo:problem:document-replaced"
    assert [each["document_count"] for each in items] == [4]


async def test_reviewing_twice_records_nothing_and_a_rejection_is_final(
    service: ServiceFixture,
) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.OPERATOR) as operator:
        await accept(operator, person, documents["payslip"])
        await reject(operator, person, documents["identity_card_back"])
        events = await service.events(person)
        again = [
            await accept(operator, person, documents["payslip"]),
            await reject(operator, person, documents["identity_card_back"], reason_code="expired"),
        ]
        accept_rejected = await accept(operator, person, documents["identity_card_back"])

    assert [response.status_code for response in again] == [200, 200]
    assert accept_rejected.status_code == 409
    assert accept_rejected.json()["type"] == "urn:vinculo:problem:document-rejected-already"
    assert await service.events(person) == events


async def test_a_review_of_an_older_version_is_refused(
    service: ServiceFixture,
) -> None:
    person, documents = await submitted_person(service)
    path = f"/documents/v1/documents/{documents['payslip']}/acceptance"
    async with service.caller(Role.REVIEWER) as reviewer:
        seen = (await reviewer.get(f"/documents/v1/people/{person}/dossier")).headers["etag"]
        await accept(reviewer, person, documents["identity_card_back"])
        stale = await reviewer.post(path, headers={"if-match": seen})
        now = (await reviewer.get(f"/documents/v1/people/{person}/dossier")).headers["etag"]
        fresh = await reviewer.post(path, headers={"if-match": now})

    assert (stale.status_code, fresh.status_code) == (412, 200)


async def test_an_acceptance_is_not_overturned_by_a_reviewer_who_has_not_seen_it(
    service: ServiceFixture,
) -> None:
    person, documents = await submitted_person(service)
    path = f"/documents/v1/documents/{documents['payslip']}/rejection"
    body = {"reason_code": "illegible"}
    async with service.caller(Role.REVIEWER) as reviewer:
        seen = await seen_version(reviewer, person)
        await accept(reviewer, person, documents["payslip"])
        stale = await reviewer.post(path, json=body, headers=seen)
        aware = await reviewer.post(path, json=body, headers={"if-match": stale.headers["etag"]})

    assert (stale.status_code, aware.status_code) == (412, 200)
    problem = stale.json()
    assert problem["type"] == "urn:vinculo:problem:version-changed"
    assert stale.headers["etag"] == f'W/"{problem["version"]}"'
    states = {each["document_id"]: (each["kind"], each["state"]) for each in problem["documents"]}
    assert states.pop(documents["payslip"]) == ("payslip", "accepted")
    assert {state for _, state in states.values()} == {"screened"}


DECISIONS = {
    "documents/{document_id}/acceptance": None,
    "documents/{document_id}/rejection": {"reason_code": "illegible"},
    "people/{person_id}/dossier/demands": {"kind": "bank_statement"},
}


@pytest.mark.parametrize("route", DECISIONS)
async def test_every_decision_needs_the_version_that_the_reviewer_has_seen(
    service: ServiceFixture, route: str
) -> None:
    person, documents = await submitted_person(service)
    path = route.format(document_id=documents["payslip"], person_id=person)
    async with service.caller(Role.REVIEWER) as reviewer:
        events = await service.events(person)
        stale = {"if-match": f'W/"{len(events) - 1}"'}
        responses = [
            await reviewer.post(f"/documents/v1/{path}", json=DECISIONS[route], headers=headers)
            for headers in ({}, {"if-match": "newest"}, stale)
        ]
        unchanged = await service.events(person)

    slugs = [each.json()["type"].removeprefix("urn:vinculo:problem:") for each in responses]
    assert list(zip([each.status_code for each in responses], slugs, strict=True)) == [
        (428, "if-match-required"),
        (400, "if-match-invalid"),
        (412, "version-changed"),
    ]
    assert unchanged == events


def test_every_decision_is_in_the_table(offline_service: ServiceFixture) -> None:
    reviews = {
        route.removeprefix("POST /documents/v1/")
        for route, permissions in guarded_routes(offline_service.app).items()
        if permissions == {Permission.DOCUMENTS_REVIEW} and route.startswith("POST")
    }

    assert reviews == set(DECISIONS)


async def test_a_repeated_review_gets_the_first_response(
    service: ServiceFixture,
) -> None:
    person, documents = await submitted_person(service)
    path = f"/documents/v1/documents/{documents['payslip']}"
    body = {"reason_code": "illegible", "note": NOTE}
    async with service.caller(Role.REVIEWER, uuid4()) as reviewer:
        seen = (await reviewer.get(f"/documents/v1/people/{person}/dossier")).headers["etag"]
        headers = {"if-match": seen, "idempotency-key": "one"}
        first = await reviewer.post(f"{path}/rejection", json=body, headers=headers)
        repeated = await reviewer.post(f"{path}/rejection", json=body, headers=headers)
        await discard_saved_responses(service.connections.database)
        after_a_crash = await reviewer.post(f"{path}/rejection", json=body, headers=headers)
        other = await reviewer.post(
            f"{path}/rejection", json={"reason_code": "expired"}, headers=headers
        )
        stale = await reviewer.post(
            f"{path}/rejection", json=body, headers={**headers, "idempotency-key": "two"}
        )

    for response in (first, repeated, after_a_crash):
        assert (response.status_code, response.json()) == (200, {})
    assert (other.status_code, stale.status_code) == (422, 412)
    rejected = [each for each in await service.events(person) if isinstance(each, DocumentRejected)]
    assert len(rejected) == 1


async def test_the_version_of_a_dossier_is_that_of_its_stream(service: ServiceFixture) -> None:
    person, _ = await submitted_person(service)
    async with service.caller(Role.REVIEWER) as reviewer:
        response = await reviewer.get(f"/documents/v1/people/{person}/dossier")

    version = len(await service.events(person))
    assert response.headers["etag"] == f'W/"{version}"'
    assert response.json()["version"] == version
    assert response.json()["person_id"] == str(person)


async def test_unknown_people_and_documents_are_not_found(service: ServiceFixture) -> None:
    async with service.caller(Role.REVIEWER) as reviewer:
        responses = [
            await reviewer.get(f"/documents/v1/people/{uuid4()}/dossier"),
            await accept(reviewer, uuid4(), str(uuid4())),
            await reject(reviewer, uuid4(), str(uuid4())),
            await reviewer.post(f"/documents/v1/documents/{uuid4()}/download-links"),
        ]

    assert [response.status_code for response in responses] == [404] * 4


async def test_a_document_that_did_not_pass_the_screening_is_neither_reviewed_nor_downloaded(
    service: ServiceFixture,
) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        failed = (await provide(applicant, "payslip", b"no"))["document_id"]
        announced = (await announce(applicant, "payslip"))["upload_id"]
    async with service.caller(Role.REVIEWER) as reviewer:
        responses = [
            await accept(reviewer, person, failed),
            await reviewer.post(f"/documents/v1/documents/{failed}/download-links"),
            await reviewer.post(f"/documents/v1/documents/{announced}/download-links"),
        ]
        not_received = await accept(reviewer, person, announced)

    assert [response.status_code for response in responses] == [409] * 3
    assert not_received.status_code == 404


async def test_each_link_is_recorded_and_serves_the_stored_file(service: ServiceFixture) -> None:
    person = await service.person()
    reviewer_id = uuid4()
    async with service.caller(Role.APPLICANT, person) as applicant:
        photo = await provide(applicant, "identity_card_front", jpeg(), media_type=JPEG)
    async with service.caller(Role.REVIEWER, reviewer_id) as reviewer:
        link = (
            await reviewer.post(f"/documents/v1/documents/{photo['document_id']}/download-links")
        ).json()
    async with httpx2.AsyncClient() as browser:
        file = await browser.get(link["url"])
    async with service.connections.database.connect() as connection:
        (access,) = (await connection.execute(select(document_accesses))).all()

    assert file.headers["content-type"] == JPEG
    assert file.headers["content-disposition"] == 'attachment; filename="identity_card_front.jpg"'
    assert file.content.startswith(b"\xff\xd8\xff")
    assert access.accessed_by == reviewer_id
    assert (str(access.document_id), access.person_id) == (photo["document_id"], person)
    assert access.what == "download_link"


async def test_reviewers_may_not_review_their_own_documents(service: ServiceFixture) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.REVIEWER, person) as reviewer:
        responses = [
            await accept(reviewer, person, documents["payslip"]),
            await reject(reviewer, person, documents["payslip"]),
        ]

    assert [response.status_code for response in responses] == [403] * 2
    assert responses[0].json()["type"] == "urn:vinculo:problem:own-dossier"


async def test_a_blocked_persons_documents_can_still_be_reviewed(service: ServiceFixture) -> None:
    person, documents = await submitted_person(service)
    async with service.connections.database.begin() as connection:
        await record_status(connection, person, "blocked")
    async with service.caller(Role.REVIEWER) as reviewer:
        response = await accept(reviewer, person, documents["payslip"])

    assert response.status_code == 200


async def test_an_erased_persons_documents_are_neither_read_nor_reviewed(
    service: ServiceFixture,
) -> None:
    person, documents = await submitted_person(service)
    async with service.connections.database.begin() as connection:
        await record_erasure(connection, person, NOW)
    async with service.caller(Role.REVIEWER) as reviewer:
        waiting = await queue(reviewer)
        responses = [
            await reviewer.get(f"/documents/v1/people/{person}/dossier"),
            await accept(reviewer, person, documents["payslip"]),
            await reject(reviewer, person, documents["payslip"]),
            await reviewer.post(f"/documents/v1/documents/{documents['payslip']}/download-links"),
        ]

    assert waiting == []
    assert [response.status_code for response in responses] == [410] * 4


async def test_a_rejection_with_an_erased_note_still_has_its_reason(
    service: ServiceFixture,
) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.REVIEWER) as reviewer:
        await reject(reviewer, person, documents["payslip"], note=NOTE)
    await service.keys.destroy_key(person)
    restarted = ServiceFixture.on(service.settings, service.connections)
    async with restarted.caller(Role.REVIEWER) as reviewer:
        dossier = await reviewer.get(f"/documents/v1/people/{person}/dossier")

    assert dossier.status_code == 200
    (document,) = [each for each in dossier.json()["documents"] if each["kind"] == "payslip"]
    assert document["reason"] == "illegible"
    assert "note" not in document


async def test_a_preview_is_a_picture_of_the_page_and_is_recorded(service: ServiceFixture) -> None:
    _, documents = await submitted_person(service)
    document_id, reader_id = documents["payslip"], uuid4()
    async with service.caller(Role.REVIEWER, reader_id) as reviewer:
        response = await preview(reviewer, document_id)
        no_page = await preview(reviewer, document_id, page=2)
        no_document = await preview(reviewer, str(uuid4()))
        no_number = await preview(reviewer, document_id, page=0)

    assert response.status_code == 200
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["vinculo-page-count"] == "1"
    assert response.content.startswith(b"\xff\xd8\xff")
    assert (no_page.status_code, no_page.json()["type"]) == (
        404,
        "urn:vinculo:problem:page-unknown",
    )
    assert no_document.status_code == 404
    assert no_number.status_code == 422
    async with service.store.transaction() as connection:
        rows = (await connection.execute(select(document_accesses))).all()
    recorded = {(row.what, str(row.document_id)) for row in rows if row.accessed_by == reader_id}
    assert recorded == {("preview", document_id)}


async def test_a_preview_of_a_file_that_failed_or_of_an_erased_person_is_refused(
    service: ServiceFixture,
) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.APPLICANT, person) as applicant:
        failed = await provide(applicant, "payslip", pdf()[:-200])
    async with service.caller(Role.REVIEWER) as reviewer:
        of_failed = await preview(reviewer, failed["document_id"])
        async with service.store.transaction() as connection:
            await record_erasure(connection, person, NOW)
        of_erased = await preview(reviewer, documents["payslip"])

    assert (of_failed.status_code, of_erased.status_code) == (409, 410)


async def preview(
    reviewer: httpx2.AsyncClient, document_id: str, page: int | None = None
) -> httpx2.Response:
    query = {} if page is None else {"page": page}
    return await reviewer.get(f"/documents/v1/documents/{document_id}/preview", params=query)

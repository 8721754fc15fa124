from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select

from vinculo.access import Role
from vinculo.documents.domain.dossier import (
    DocumentAccepted,
    DocumentDemanded,
    DocumentRejected,
    DossierAccepted,
    DossierReopened,
)
from vinculo.documents.storage.person_access import close_erased, keep_status
from vinculo.documents.storage.tables import document_accesses
from vinculo.events import Sealed
from vinculo.httpapi import parse_position
from vinculo.httpapi.testing import lose_answers

from ..dossier_history import NOW
from ..sample_files import JPEG, jpeg, pdf
from ..service_fixture import Service, announce, provide, provide_all

pytestmark = pytest.mark.servers

QUEUE = "/documents/v1/review-queue"
NOTE = "La foto está cortada."


async def submitted_person(service: Service) -> tuple[UUID, dict[str, str]]:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        return person, await provide_all(applicant)


async def queue(reviewer: httpx2.AsyncClient) -> list[str]:
    return [item["person_id"] for item in (await reviewer.get(QUEUE)).json()["items"]]


async def accept(reviewer: httpx2.AsyncClient, document_id: str) -> httpx2.Response:
    return await reviewer.post(f"/documents/v1/documents/{document_id}/acceptance")


async def reject(reviewer: httpx2.AsyncClient, document_id: str, **more: object) -> httpx2.Response:
    return await reviewer.post(
        f"/documents/v1/documents/{document_id}/rejection",
        json={"reason_code": "illegible", **more},
    )


async def demand(reviewer: httpx2.AsyncClient, person: UUID, **asked: object) -> httpx2.Response:
    return await reviewer.post(f"/documents/v1/people/{person}/dossier/demands", json=asked)


async def test_accepting_every_document_accepts_the_dossier(service: Service) -> None:
    person, documents = await submitted_person(service)
    reviewer_id = uuid4()
    async with service.caller(Role.REVIEWER, reviewer_id) as reviewer:
        assert await queue(reviewer) == [str(person)]
        answers = [await accept(reviewer, each) for each in documents.values()]
        waiting = await queue(reviewer)

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {})] * 4
    positions = [parse_position(answer.headers["vinculo-position"]) for answer in answers]
    assert positions[-1] == (f"dossier-{person}", len(await service.events(person)))
    assert {position[0] for position in positions if position} == {f"dossier-{person}"}
    assert waiting == []
    last, whole = (await service.events(person))[-2:]
    assert isinstance(last, DocumentAccepted)
    assert last.accepted_by == reviewer_id
    assert isinstance(whole, DossierAccepted)


async def test_a_rejection_is_told_to_the_applicant_with_the_reviewers_words(
    service: Service,
) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.REVIEWER) as reviewer:
        answer = await reject(reviewer, documents["payslip"], note=f"  {NOTE} ")
        waiting = await queue(reviewer)
    async with service.caller(Role.APPLICANT, person) as applicant:
        dossier = (await applicant.get("/documents/v1/me/dossier")).json()

    assert answer.status_code == 200
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


async def test_a_document_more_is_demanded_and_told_with_the_reviewers_words(
    service: Service,
) -> None:
    person, documents = await submitted_person(service)
    async with (
        service.caller(Role.REVIEWER) as reviewer,
        service.caller(Role.APPLICANT, person) as applicant,
    ):
        asked = {"kind": "bank_statement", "note": NOTE}
        answers = [await demand(reviewer, person, **asked) for _ in range(2)]
        waiting = await queue(reviewer)
        dossier = (await applicant.get("/documents/v1/me/dossier")).json()
        sent = await provide(applicant, "bank_statement", pdf())
        back_in_queue = await queue(reviewer)
        for document_id in (*documents.values(), sent["document_id"]):
            assert (await accept(reviewer, document_id)).status_code == 200
        reviewed = (await reviewer.get(f"/documents/v1/people/{person}/dossier")).json()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert (waiting, back_in_queue) == ([], [str(person)])
    assert dossier["status"] == "open"
    assert dossier["requirements"][-1] == {
        "code": "bank_statement",
        "kinds": ["bank_statement"],
        "state": "missing",
        "note": NOTE,
    }
    demands = [e for e in await service.events(person) if isinstance(e, DocumentDemanded)]
    assert len(demands) == 1
    assert NOTE not in str(demands[0])
    assert reviewed["status"] == "accepted"


async def test_a_demand_of_nobody_of_oneself_or_of_no_known_kind_is_refused(
    service: Service,
) -> None:
    person = await service.person()
    async with service.caller(Role.REVIEWER, person) as reviewer:
        of_nobody = await demand(reviewer, uuid4(), kind="bank_statement")
        of_oneself = await demand(reviewer, person, kind="bank_statement")
        unknown = await demand(reviewer, person, kind="selfie")

    assert (of_nobody.status_code, of_oneself.status_code, unknown.status_code) == (404, 403, 422)
    assert of_nobody.json()["type"] == "urn:vinculo:problem:person-unknown"
    assert of_oneself.json()["type"] == "urn:vinculo:problem:own-dossier"


async def test_a_file_sent_again_brings_the_dossier_back_to_review(service: Service) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.REVIEWER) as reviewer:
        await reject(reviewer, documents["payslip"])
        async with service.caller(Role.APPLICANT, person) as applicant:
            again = await provide(applicant, "payslip", pdf(pages=2))
        assert await queue(reviewer) == [str(person)]
        for document_id in {**documents, "payslip": again["document_id"]}.values():
            assert (await accept(reviewer, document_id)).status_code == 200
        dossier = (await reviewer.get(f"/documents/v1/people/{person}/dossier")).json()

    assert dossier["status"] == "accepted"
    states = {each["document_id"]: each["state"] for each in dossier["documents"]}
    assert states[documents["payslip"]] == "rejected"
    assert states[again["document_id"]] == "accepted"


async def test_the_newer_document_takes_the_place_of_the_older(service: Service) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.APPLICANT, person) as applicant:
        await provide(applicant, "payslip", pdf(pages=2))
    async with service.caller(Role.REVIEWER) as reviewer:
        answer = await accept(reviewer, documents["payslip"])
        items = (await reviewer.get(QUEUE)).json()["items"]

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:vinculo:problem:document-replaced"
    assert [each["document_count"] for each in items] == [4]


async def test_reviewing_twice_is_quiet_and_a_rejected_document_stays_so(
    service: Service,
) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.OPERATOR) as operator:
        await accept(operator, documents["payslip"])
        await reject(operator, documents["identity_card_back"])
        events = await service.events(person)
        again = [
            await accept(operator, documents["payslip"]),
            await reject(operator, documents["identity_card_back"], reason_code="expired"),
        ]
        other_way = await accept(operator, documents["identity_card_back"])

    assert [answer.status_code for answer in again] == [200, 200]
    assert other_way.status_code == 409
    assert other_way.json()["type"] == "urn:vinculo:problem:document-rejected-already"
    assert await service.events(person) == events


async def test_a_review_of_what_has_changed_since_it_was_seen_is_refused(
    service: Service,
) -> None:
    person, documents = await submitted_person(service)
    path = f"/documents/v1/documents/{documents['payslip']}/acceptance"
    async with service.caller(Role.REVIEWER) as reviewer:
        seen = (await reviewer.get(f"/documents/v1/people/{person}/dossier")).headers["etag"]
        await accept(reviewer, documents["identity_card_back"])
        stale = await reviewer.post(path, headers={"if-match": seen})
        now = (await reviewer.get(f"/documents/v1/people/{person}/dossier")).headers["etag"]
        fresh = await reviewer.post(path, headers={"if-match": now})

    assert (stale.status_code, fresh.status_code) == (412, 200)


async def test_a_review_that_comes_again_is_answered_as_the_first_time(service: Service) -> None:
    person, documents = await submitted_person(service)
    path = f"/documents/v1/documents/{documents['payslip']}"
    body = {"reason_code": "illegible", "note": NOTE}
    async with service.caller(Role.REVIEWER, uuid4()) as reviewer:
        seen = (await reviewer.get(f"/documents/v1/people/{person}/dossier")).headers["etag"]
        headers = {"if-match": seen, "idempotency-key": "one"}
        first = await reviewer.post(f"{path}/rejection", json=body, headers=headers)
        kept = await reviewer.post(f"{path}/rejection", json=body, headers=headers)
        await lose_answers(service.connections.database)
        after_a_crash = await reviewer.post(f"{path}/rejection", json=body, headers=headers)
        other = await reviewer.post(
            f"{path}/rejection", json={"reason_code": "expired"}, headers=headers
        )
        stale = await reviewer.post(
            f"{path}/rejection", json=body, headers={**headers, "idempotency-key": "two"}
        )

    for answer in (first, kept, after_a_crash):
        assert (answer.status_code, answer.json()) == (200, {})
    assert (other.status_code, stale.status_code) == (422, 412)
    rejected = [each for each in await service.events(person) if isinstance(each, DocumentRejected)]
    assert len(rejected) == 1


async def test_the_version_of_a_dossier_is_its_streams(service: Service) -> None:
    person, _ = await submitted_person(service)
    async with service.caller(Role.REVIEWER) as reviewer:
        answer = await reviewer.get(f"/documents/v1/people/{person}/dossier")

    version = len(await service.events(person))
    assert answer.headers["etag"] == f'W/"{version}"'
    assert answer.json()["version"] == version
    assert answer.json()["person_id"] == str(person)


async def test_what_is_not_there_is_not_found(service: Service) -> None:
    async with service.caller(Role.REVIEWER) as reviewer:
        answers = [
            await reviewer.get(f"/documents/v1/people/{uuid4()}/dossier"),
            await accept(reviewer, str(uuid4())),
            await reject(reviewer, str(uuid4())),
            await reviewer.post(f"/documents/v1/documents/{uuid4()}/download-links"),
        ]

    assert [answer.status_code for answer in answers] == [404] * 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason_code": "ugly"},
        {"reason_code": "other", "note": "  "},
        {"reason_code": "other", "note": "x" * 1001},
        {"reason_code": "other", "rejected_by": str(uuid4())},
    ],
)
async def test_a_bad_rejection_is_refused(service: Service, body: dict[str, object]) -> None:
    async with service.caller(Role.REVIEWER) as reviewer:
        answer = await reviewer.post(f"/documents/v1/documents/{uuid4()}/rejection", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_a_file_not_found_fit_is_neither_reviewed_nor_given_out(service: Service) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        unfit = (await provide(applicant, "payslip", b"no"))["document_id"]
        announced = (await announce(applicant, "payslip"))["upload_id"]
    async with service.caller(Role.REVIEWER) as reviewer:
        answers = [
            await accept(reviewer, unfit),
            await reviewer.post(f"/documents/v1/documents/{unfit}/download-links"),
            await reviewer.post(f"/documents/v1/documents/{announced}/download-links"),
        ]
        not_received = await accept(reviewer, announced)

    assert [answer.status_code for answer in answers] == [409] * 3
    assert not_received.status_code == 404


async def test_each_link_is_recorded_and_gives_the_kept_file(service: Service) -> None:
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


async def test_nobody_reviews_their_own_documents(service: Service) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.REVIEWER, person) as reviewer:
        answers = [
            await accept(reviewer, documents["payslip"]),
            await reject(reviewer, documents["payslip"]),
        ]

    assert [answer.status_code for answer in answers] == [403] * 2
    assert answers[0].json()["type"] == "urn:vinculo:problem:own-dossier"


async def test_a_blocked_persons_documents_can_still_be_reviewed(service: Service) -> None:
    person, documents = await submitted_person(service)
    async with service.connections.database.begin() as connection:
        await keep_status(connection, person, "blocked")
    async with service.caller(Role.REVIEWER) as reviewer:
        answer = await accept(reviewer, documents["payslip"])

    assert answer.status_code == 200


async def test_an_erased_persons_documents_are_neither_read_nor_reviewed(
    service: Service,
) -> None:
    person, documents = await submitted_person(service)
    async with service.connections.database.begin() as connection:
        await close_erased(connection, person, NOW)
    async with service.caller(Role.REVIEWER) as reviewer:
        waiting = await queue(reviewer)
        answers = [
            await reviewer.get(f"/documents/v1/people/{person}/dossier"),
            await accept(reviewer, documents["payslip"]),
            await reject(reviewer, documents["payslip"]),
            await reviewer.post(f"/documents/v1/documents/{documents['payslip']}/download-links"),
        ]

    assert waiting == []
    assert [answer.status_code for answer in answers] == [410] * 4


async def test_a_note_that_can_no_longer_be_read_leaves_the_reason(service: Service) -> None:
    person, documents = await submitted_person(service)
    async with service.caller(Role.REVIEWER) as reviewer:
        await reject(reviewer, documents["payslip"], note=NOTE)
    await service.keys.destroy_key(person)
    restarted = Service.on(service.settings, service.connections)
    async with restarted.caller(Role.REVIEWER) as reviewer:
        dossier = await reviewer.get(f"/documents/v1/people/{person}/dossier")

    assert dossier.status_code == 200
    (document,) = [each for each in dossier.json()["documents"] if each["kind"] == "payslip"]
    assert document["reason"] == "illegible"
    assert "note" not in document

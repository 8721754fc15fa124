"""Files of a claim are sent with its token, as long as it is open, and opened by operators."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select

from vinculo.access import Role
from vinculo.documents.storage.tables import document_accesses, uploads
from vinculo.events import uuid7

from ..claim_calls import (
    announce_file,
    announced_file,
    claim_path,
    complete_file,
    screened_file,
    send_claim_file,
)
from ..conftest import MakeServiceFixture
from ..sample_files import pdf
from ..service_fixture import ServiceFixture
from ..upload_client import send_form

pytestmark = pytest.mark.servers


def status_and_type(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix("urn:vinculo:problem:")


async def test_an_operator_opens_what_the_claimant_sent(service: ServiceFixture) -> None:
    claim_id, operator_id = await service.claim(), uuid4()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        sent = await send_claim_file(claimant, claim_id)
        own = (await claimant.get(claim_path(claim_id, "files"))).json()
    async with service.caller(Role.OPERATOR, operator_id) as operator:
        seen = await operator.get(claim_path(claim_id, "files"))
        link = await operator.post(claim_path(claim_id, f"files/{sent['file_id']}/download-links"))

    assert sent["state"] == "screened"
    assert seen.json() == own
    assert seen.headers["cache-control"] == "no-store"
    (file,) = own["items"]
    assert (file["file_id"], file["media_type"]) == (sent["file_id"], "application/pdf")
    assert (own["max_files"], own["limits"]["max_file_bytes"]) == (3, 20_000_000)
    assert link.status_code == 201
    async with httpx2.AsyncClient() as browser:
        downloaded = await browser.get(link.json()["url"])
    assert downloaded.content.startswith(b"%PDF-")
    assert "attachment" in downloaded.headers["content-disposition"]
    async with service.connections.database.connect() as connection:
        (access,) = await connection.execute(select(document_accesses))
    assert (access.claim_id, access.person_id) == (claim_id, None)
    assert (access.accessed_by, access.document_id) == (operator_id, UUID(sent["file_id"]))


async def test_a_file_that_cannot_be_used_is_refused_in_words(service: ServiceFixture) -> None:
    claim_id = await service.claim()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        sent = await send_claim_file(claimant, claim_id, b"GIF89a, which is no PDF")
        (file,) = (await claimant.get(claim_path(claim_id, "files"))).json()["items"]
    async with service.caller(Role.OPERATOR) as operator:
        link = await operator.post(claim_path(claim_id, f"files/{sent['file_id']}/download-links"))

    assert (sent["state"], sent["reason"]) == ("failed", "type_mismatch")
    assert file["reason_in_words"] == sent["reason_in_words"]
    assert sent["reason_in_words"] not in {"", "type_mismatch"}
    assert status_and_type(link) == (409, "document-not-screened")


async def test_a_claim_has_at_most_three_files(service: ServiceFixture) -> None:
    claim_id = await service.claim()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        await send_claim_file(claimant, claim_id, b"not a PDF")
        for _ in range(3):
            await send_claim_file(claimant, claim_id)
        refused = await announce_file(claimant, claim_id)

    assert status_and_type(refused) == (409, "too-many-claim-files")


async def test_announced_files_count_until_their_forms_expire(service: ServiceFixture) -> None:
    """All are sent in time: the fourth that is completed is refused."""
    claim_id = await service.claim()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        first = [await announced_file(claimant, claim_id) for _ in range(3)]
        assert status_and_type(await announce_file(claimant, claim_id)) == (
            409,
            "too-many-claim-files",
        )
        async with service.connections.database.begin() as connection:
            await connection.execute(
                uploads.update()
                .where(uploads.c.claim_id == claim_id)
                .values(expires_at=datetime.now(UTC))
            )
        await send_claim_file(claimant, claim_id)
        completed = await asyncio.gather(
            *(complete_file(claimant, claim_id, upload_id) for upload_id in first)
        )
        listed = (await claimant.get(claim_path(claim_id, "files"))).json()["items"]

    assert sorted(each.status_code for each in completed) == [202, 202, 409]
    assert len(listed) == 3


async def test_a_repeated_announcement_gets_the_same_upload(service: ServiceFixture) -> None:
    claim_id = await service.claim()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        first = await announce_file(claimant, claim_id, idempotency_key="f-1")
        again = await announce_file(claimant, claim_id, idempotency_key="f-1")
        other = await announce_file(claimant, claim_id, size_bytes=7, idempotency_key="f-1")

    assert first.json()["upload_id"] == again.json()["upload_id"]
    assert status_and_type(other) == (422, "idempotency-key-reused")


async def test_a_repeated_completion_gets_the_same_result(service: ServiceFixture) -> None:
    claim_id = await service.claim()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        upload_id = await announced_file(claimant, claim_id)
        responses = await asyncio.gather(
            *(complete_file(claimant, claim_id, upload_id) for _ in range(3))
        )
        again = await screened_file(claimant, claim_id, upload_id)
        repeated = await complete_file(claimant, claim_id, upload_id)

    assert [each.status_code for each in responses] == [202] * 3
    assert again == repeated.json() == {"file_id": upload_id, "state": "screened"}


async def test_a_file_is_listed_while_it_waits_for_its_screening(
    make_service: MakeServiceFixture,
) -> None:
    service = await make_service(has_worker=False)
    claim_id = await service.claim()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        upload_id = await announced_file(claimant, claim_id)
        completion = await complete_file(claimant, claim_id, upload_id)
        (file,) = (await claimant.get(claim_path(claim_id, "files"))).json()["items"]
    async with service.caller(Role.OPERATOR) as operator:
        link = await operator.post(claim_path(claim_id, f"files/{upload_id}/download-links"))

    assert completion.json() == {"file_id": upload_id, "state": "received"}
    assert completion.headers["retry-after"] == "1"
    assert (file["file_id"], file["state"]) == (upload_id, "received")
    assert status_and_type(link) == (409, "document-not-screened")


async def test_the_token_of_a_claim_reaches_no_other_claim(service: ServiceFixture) -> None:
    claim_id, other = await service.claim(), await service.claim()
    async with service.caller(Role.CLAIMANT, other) as owner:
        upload_id = await announced_file(owner, other)
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        responses = [
            await claimant.get(claim_path(other, "files")),
            await announce_file(claimant, other),
            await complete_file(claimant, other, upload_id),
            await claimant.get(claim_path(other, f"uploads/{upload_id}")),
        ]
        stolen = await complete_file(claimant, claim_id, upload_id)

    assert [status_and_type(each) for each in responses] == [(404, "document-claim-unknown")] * 4
    assert status_and_type(stolen) == (404, "upload-unknown")


async def test_reviewers_do_not_reach_the_files_of_claims_as_documents(
    service: ServiceFixture,
) -> None:
    claim_id = await service.claim()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        file_id = (await send_claim_file(claimant, claim_id))["file_id"]
    async with service.caller(Role.ADMIN) as admin:
        response = await admin.post(f"/documents/v1/documents/{file_id}/download-links")
        rejection = await admin.post(
            f"/documents/v1/documents/{file_id}/rejection",
            json={"reason_code": "other"},
            headers={"if-match": '"1"'},
        )
        other = await admin.post(claim_path(uuid7(), f"files/{file_id}/download-links"))
        unknown = await admin.get(claim_path(uuid7(), "files"))
        elsewhere = await admin.post(
            claim_path(await service.claim(), f"files/{file_id}/download-links")
        )

    assert status_and_type(response) == (404, "document-unknown")
    assert status_and_type(rejection) == (404, "document-unknown")
    assert status_and_type(other) == (404, "document-claim-unknown")
    assert status_and_type(unknown) == (404, "document-claim-unknown")
    assert status_and_type(elsewhere) == (404, "document-unknown")


async def test_the_holder_does_not_open_the_files_of_the_claimant(
    service: ServiceFixture,
) -> None:
    holder = uuid7()
    claim_id = await service.claim(holder)
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        file_id = (await send_claim_file(claimant, claim_id))["file_id"]
    async with service.caller(Role.OPERATOR, holder) as operator:
        response = await operator.post(claim_path(claim_id, f"files/{file_id}/download-links"))

    assert status_and_type(response) == (403, "own-record")


async def test_a_claim_that_was_not_heard_of_yet_is_tried_again(service: ServiceFixture) -> None:
    claim_id = uuid7()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        response = await announce_file(claimant, claim_id)

    assert status_and_type(response) == (409, "document-claim-not-ready")
    assert response.headers["retry-after"] == "1"


async def test_an_ended_claim_takes_no_files(service: ServiceFixture) -> None:
    claim_id = await service.claim()
    lapsed = await service.claim(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        file_id = (await send_claim_file(claimant, claim_id))["file_id"]
        upload_id = await announced_file(claimant, claim_id)
        await service.end_claim(claim_id)
        refused = [
            await announce_file(claimant, claim_id),
            await complete_file(claimant, claim_id, upload_id),
            await claimant.get(claim_path(claim_id, "files")),
        ]
    async with service.caller(Role.CLAIMANT, lapsed) as claimant:
        refused.append(await announce_file(claimant, lapsed))
    async with service.caller(Role.OPERATOR) as operator:
        files = (await operator.get(claim_path(claim_id, "files"))).json()
        link = await operator.post(claim_path(claim_id, f"files/{file_id}/download-links"))

    assert [status_and_type(each) for each in refused] == [(409, "document-claim-ended")] * 4
    assert files["items"] == []
    assert status_and_type(link) == (409, "document-claim-ended")


async def test_files_have_the_limits_of_documents(
    make_service: MakeServiceFixture,
) -> None:
    service = await make_service(documents_max_file_bytes="2000", documents_max_uploads_per_day="2")
    claim_id = await service.claim()
    async with service.caller(Role.CLAIMANT, claim_id) as claimant:
        large = await announce_file(claimant, claim_id, size_bytes=2001)
        type_ = await announce_file(claimant, claim_id, media_type="image/gif")
        unsent = (await announce_file(claimant, claim_id)).json()
        early = await complete_file(claimant, claim_id, unsent["upload_id"])
        assert await send_form(unsent, pdf()) == 204
        await announce_file(claimant, claim_id)
        many = await announce_file(claimant, claim_id)

    assert status_and_type(large) == (413, "file-too-large")
    assert large.json()["max_file_bytes"] == 2000
    assert status_and_type(type_)[0] == 422
    assert status_and_type(early) == (409, "file-not-uploaded")
    assert status_and_type(many) == (429, "too-many-uploads")

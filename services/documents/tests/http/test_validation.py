"""Requests that are refused before a server is needed."""

from uuid import UUID, uuid4

import pytest

from vinculo.access import Role

from ..sample_files import PDF
from ..service_fixture import ServiceFixture


@pytest.mark.parametrize(
    ("change", "status", "slug"),
    [
        ({"kind": "../clean"}, 422, "request-invalid"),
        ({"media_type": "image/gif"}, 422, "request-invalid"),
        ({"size_bytes": 0}, 422, "request-invalid"),
        ({"size_bytes": "1"}, 422, "request-invalid"),
        ({"size_bytes": 20_000_001}, 413, "file-too-large"),
        ({"person_id": str(UUID(int=404))}, 422, "request-invalid"),
    ],
)
async def test_an_invalid_announcement_is_refused(
    offline_service: ServiceFixture, change: dict[str, object], status: int, slug: str
) -> None:
    body = {"kind": "payslip", "media_type": PDF, "size_bytes": 10, **change}
    async with offline_service.caller(Role.APPLICANT) as applicant:
        response = await applicant.post("/documents/v1/me/uploads", json=body)

    assert response.status_code == status
    assert response.json()["type"] == f"urn:vinculo:problem:{slug}"


async def test_the_limits_of_a_file_are_readable_before_it_is_sent(
    offline_service: ServiceFixture,
) -> None:
    async with offline_service.caller(Role.APPLICANT) as applicant:
        response = await applicant.get("/documents/v1/me/upload-limits")

    assert response.json() == {
        "media_types": ["application/pdf", "image/jpeg", "image/png"],
        "max_file_bytes": 20_000_000,
        "max_megapixels": 100,
        "max_pages": 50,
    }


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
async def test_an_invalid_rejection_is_refused(
    offline_service: ServiceFixture, body: dict[str, object]
) -> None:
    async with offline_service.caller(Role.REVIEWER) as reviewer:
        response = await reviewer.post(f"/documents/v1/documents/{uuid4()}/rejection", json=body)

    assert response.status_code == 422
    assert response.json()["errors"]


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"cursor": "%%%"}, 400),
        ({"cursor": "bm8"}, 400),
        ({"cursor": str(uuid4())}, 400),
        ({"cursor": "x" * 201}, 422),
        ({"limit": "0"}, 422),
        ({"limit": "101"}, 422),
        ({"limit": "many"}, 422),
    ],
)
async def test_an_invalid_page_of_the_review_queue_is_refused(
    offline_service: ServiceFixture, parameters: dict[str, str], status: int
) -> None:
    async with offline_service.caller(Role.REVIEWER) as reviewer:
        response = await reviewer.get("/documents/v1/review-queue", params=parameters)

    assert response.status_code == status

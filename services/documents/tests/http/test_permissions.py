"""The permission of every route, checked with every role."""

from uuid import uuid4

import pytest

from vinculo.access import PERMISSIONS, Permission, Role, guarded_routes, unguarded_routes
from vinculo.httpapi.testing import header_declaration_problems

from ..service_fixture import ServiceFixture

REVIEWERS = {Role.REVIEWER, Role.OPERATOR, Role.ADMIN}
ALLOWED = {
    "GET /documents/v1/me/dossier": {Role.APPLICANT},
    "GET /documents/v1/me/upload-limits": {Role.APPLICANT},
    "POST /documents/v1/me/uploads": {Role.APPLICANT},
    "GET /documents/v1/me/uploads/{upload_id}": {Role.APPLICANT},
    "POST /documents/v1/me/uploads/{upload_id}/completion": {Role.APPLICANT},
    "POST /documents/v1/me/documents/{document_id}/download-links": {Role.APPLICANT},
    "GET /documents/v1/claims/{claim_id}/files": {Role.CLAIMANT, Role.OPERATOR, Role.ADMIN},
    "POST /documents/v1/claims/{claim_id}/uploads": {Role.CLAIMANT},
    "GET /documents/v1/claims/{claim_id}/uploads/{upload_id}": {Role.CLAIMANT},
    "POST /documents/v1/claims/{claim_id}/uploads/{upload_id}/completion": {Role.CLAIMANT},
    "POST /documents/v1/claims/{claim_id}/files/{file_id}/download-links": {
        Role.OPERATOR,
        Role.ADMIN,
    },
    "GET /documents/v1/people/{person_id}/dossier": REVIEWERS,
    "GET /documents/v1/review-queue": REVIEWERS,
    "POST /documents/v1/people/{person_id}/dossier/demands": REVIEWERS,
    "POST /documents/v1/documents/{document_id}/acceptance": REVIEWERS,
    "POST /documents/v1/documents/{document_id}/rejection": REVIEWERS,
    "POST /documents/v1/documents/{document_id}/download-links": REVIEWERS,
    "GET /documents/v1/documents/{document_id}/preview": REVIEWERS,
}


def test_every_route_is_guarded_or_public(offline_service: ServiceFixture) -> None:
    assert unguarded_routes(offline_service.app) == []


def test_every_guarded_route_is_in_the_table(offline_service: ServiceFixture) -> None:
    assert set(guarded_routes(offline_service.app)) == set(ALLOWED)


def test_every_header_that_a_route_reads_is_described(offline_service: ServiceFixture) -> None:
    assert header_declaration_problems(offline_service.app) == []


def test_each_route_requires_one_permission_of_documents(offline_service: ServiceFixture) -> None:
    required = set(guarded_routes(offline_service.app).values())

    assert required <= {
        frozenset({Permission.OWN_DOSSIER}),
        frozenset({Permission.CLAIM_FILES_SEND}),
        frozenset({Permission.CLAIM_FILES_READ}),
        frozenset({Permission.CLAIMS_DECIDE}),
        frozenset({Permission.DOSSIERS_READ}),
        frozenset({Permission.DOCUMENTS_REVIEW}),
    }


@pytest.mark.parametrize("route", ALLOWED)
@pytest.mark.servers
async def test_a_route_serves_exactly_the_roles_in_the_table(
    service: ServiceFixture, route: str
) -> None:
    method, path = route.split(" ")
    for name in ("upload_id", "document_id", "person_id", "claim_id", "file_id"):
        path = path.replace(f"{{{name}}}", str(uuid4()))
    allowed = set()
    for role in Role:
        async with service.caller(role) as caller:
            response = await caller.request(method, path)
        assert response.status_code != 401
        if response.status_code != 403:
            allowed.add(role)
    async with service.caller(None) as caller:
        anonymous = await caller.request(method, path)

    assert allowed == ALLOWED[route]
    assert anonymous.status_code == 401


def test_no_role_has_an_own_dossier_and_reviews_those_of_others() -> None:
    for permissions in PERMISSIONS.values():
        assert not {Permission.OWN_DOSSIER, Permission.DOCUMENTS_REVIEW} <= permissions

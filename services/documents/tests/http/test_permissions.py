"""Every route against every role."""

from uuid import uuid4

import pytest

from vinculo.access import PERMISSIONS, Permission, Role, guarded_routes, unguarded_routes
from vinculo.httpapi.testing import misdescribed_headers, untitled_problems

from ..service_fixture import Service

pytestmark = pytest.mark.servers

REVIEWERS = {Role.REVIEWER, Role.OPERATOR, Role.ADMIN}
MAY = {
    "GET /documents/v1/me/dossier": {Role.APPLICANT},
    "POST /documents/v1/me/uploads": {Role.APPLICANT},
    "POST /documents/v1/me/uploads/{upload_id}/completion": {Role.APPLICANT},
    "POST /documents/v1/me/documents/{document_id}/download-links": {Role.APPLICANT},
    "GET /documents/v1/people/{person_id}/dossier": REVIEWERS,
    "GET /documents/v1/review-queue": REVIEWERS,
    "POST /documents/v1/people/{person_id}/dossier/demands": REVIEWERS,
    "POST /documents/v1/documents/{document_id}/acceptance": REVIEWERS,
    "POST /documents/v1/documents/{document_id}/rejection": REVIEWERS,
    "POST /documents/v1/documents/{document_id}/download-links": REVIEWERS,
}


def test_every_route_is_guarded_or_public(service: Service) -> None:
    assert unguarded_routes(service.app) == []


def test_every_guarded_route_is_in_the_table(service: Service) -> None:
    assert set(guarded_routes(service.app)) == set(MAY)


def test_every_problem_has_a_title_in_both_languages() -> None:
    assert untitled_problems("vinculo.documents") == []


def test_the_headers_that_routes_read_are_described(service: Service) -> None:
    assert misdescribed_headers(service.app) == []


def test_each_route_asks_for_one_permission_of_documents(service: Service) -> None:
    asked = set(guarded_routes(service.app).values())

    assert asked <= {
        frozenset({Permission.OWN_DOSSIER}),
        frozenset({Permission.DOSSIERS_READ}),
        frozenset({Permission.DOCUMENTS_REVIEW}),
    }


@pytest.mark.parametrize("route", MAY)
async def test_a_route_answers_exactly_those_roles_that_may(service: Service, route: str) -> None:
    method, path = route.split(" ")
    for name in ("upload_id", "document_id", "person_id"):
        path = path.replace(f"{{{name}}}", str(uuid4()))
    allowed = set()
    for role in Role:
        async with service.caller(role) as caller:
            answer = await caller.request(method, path)
        assert answer.status_code != 401
        if answer.status_code != 403:
            allowed.add(role)
    async with service.caller(None) as nobody:
        anonymous = await nobody.request(method, path)

    assert allowed == MAY[route]
    assert anonymous.status_code == 401


def test_no_role_has_both_its_own_dossier_and_those_of_others() -> None:
    for permissions in PERMISSIONS.values():
        assert not {Permission.OWN_DOSSIER, Permission.DOCUMENTS_REVIEW} <= permissions

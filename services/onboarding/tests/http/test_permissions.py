"""Every route is public on purpose or requires a permission; every role is tried on each."""

from itertools import product

import pytest
from fastapi.routing import iter_route_contexts

from vinculo.access import PERMISSIONS, Permission, Role, guarded_routes, unguarded_routes
from vinculo.httpapi import is_public
from vinculo.httpapi.testing import header_declaration_problems
from vinculo.testing.fixture_types import NewDatabase

from ..service_fixture import ServiceFixture, migrate_onboarding, running_service, service_settings

PUBLIC = {
    "GET /.well-known/jwks.json",
    "GET /health/live",
    "GET /health/ready",
    "GET /health/status",
    "GET /metrics",
    "GET /onboarding/v1/docs",
    "GET /onboarding/v1/docs/reader.css",
    "GET /onboarding/v1/docs/reader.js",
    "GET /onboarding/v1/openapi.json",
    "POST /onboarding/v1/activations",
    "GET /onboarding/v1/consent-texts",
    "GET /onboarding/v1/document-types",
    "GET /onboarding/v1/rules",
    "GET /onboarding/v1/web-app-manifest",
    "POST /onboarding/v1/document-checks",
    "POST /onboarding/v1/document-claims",
    "POST /onboarding/v1/document-claim-access-tokens",
    "POST /onboarding/v1/registrations",
    "POST /onboarding/v1/contact-changes/confirmation",
    "POST /onboarding/v1/password-resets",
    "POST /onboarding/v1/password-resets/confirmation",
    "POST /onboarding/v1/registrations/validation",
    "POST /onboarding/v1/activation-emails",
    "POST /onboarding/v1/registrations/{registration_id}/activation-emails",
    "POST /onboarding/v1/sessions",
    "POST /onboarding/v1/staff-invitations/acceptance",
    "POST /onboarding/v1/sessions/refresh",
}

GUARDED = {
    "GET /onboarding/v1/me/sessions": Permission.OWN_SESSIONS,
    "DELETE /onboarding/v1/sessions": Permission.OWN_SESSIONS,
    "DELETE /onboarding/v1/me/sessions/{session_id}": Permission.OWN_SESSIONS,
    "DELETE /onboarding/v1/sessions/current": Permission.OWN_SESSIONS,
    "GET /onboarding/v1/me": Permission.OWN_SESSIONS,
    "GET /onboarding/v1/staff": Permission.AUDIT_READ,
    "POST /onboarding/v1/staff": Permission.STAFF_WRITE,
    "POST /onboarding/v1/staff/{staff_id}/invitations": Permission.STAFF_WRITE,
    "DELETE /onboarding/v1/staff/{staff_id}/invitation": Permission.STAFF_WRITE,
    "PUT /onboarding/v1/staff/{staff_id}/role": Permission.STAFF_WRITE,
    "POST /onboarding/v1/staff/{staff_id}/end": Permission.STAFF_WRITE,
    "GET /onboarding/v1/me/application": Permission.OWN_APPLICATION,
    "GET /onboarding/v1/me/employment": Permission.OWN_APPLICATION,
    "PUT /onboarding/v1/me/employment": Permission.OWN_APPLICATION,
    "POST /onboarding/v1/me/employment/validation": Permission.OWN_APPLICATION,
    "POST /onboarding/v1/me/completion": Permission.OWN_APPLICATION,
    "PUT /onboarding/v1/me/password": Permission.OWN_SESSIONS,
    "PUT /onboarding/v1/me/contact": Permission.OWN_APPLICATION,
    "POST /onboarding/v1/me/contact/confirmation": Permission.OWN_APPLICATION,
    "POST /onboarding/v1/me/phone-codes": Permission.OWN_APPLICATION,
    "POST /onboarding/v1/me/phone-codes/confirmation": Permission.OWN_APPLICATION,
    "GET /onboarding/v1/me/consents": Permission.OWN_APPLICATION,
    "PUT /onboarding/v1/me/consents/{purpose}": Permission.OWN_APPLICATION,
    "GET /onboarding/v1/payers": Permission.PAYERS_READ,
    "POST /onboarding/v1/payers": Permission.PAYERS_WRITE,
    "PUT /onboarding/v1/me/personal-details": Permission.OWN_APPLICATION,
    "GET /onboarding/v1/identity-corrections": Permission.IDENTITY_CORRECTIONS_DECIDE,
    "POST /onboarding/v1/identity-corrections/{correction_id}/approval": (
        Permission.IDENTITY_CORRECTIONS_DECIDE
    ),
    "POST /onboarding/v1/identity-corrections/{correction_id}/refusal": (
        Permission.IDENTITY_CORRECTIONS_DECIDE
    ),
    "POST /onboarding/v1/people/{person_id}/document-dispute/dismissal": Permission.CLAIMS_DECIDE,
    "GET /onboarding/v1/document-claims": Permission.CLAIMS_DECIDE,
    "GET /onboarding/v1/document-claims/{claim_id}": Permission.CLAIMS_DECIDE,
    "POST /onboarding/v1/document-claims/{claim_id}/decision": Permission.CLAIMS_DECIDE,
    "GET /onboarding/v1/payers/{payer_id}": Permission.PAYERS_READ,
    "PATCH /onboarding/v1/payers/{payer_id}": Permission.PAYERS_WRITE,
    "POST /onboarding/v1/payers/{payer_id}/suspensions": Permission.PAYERS_WRITE,
    "POST /onboarding/v1/payers/{payer_id}/reinstatements": Permission.PAYERS_WRITE,
    "POST /onboarding/v1/payers/{payer_id}/acceptance": Permission.PAYERS_WRITE,
    "POST /onboarding/v1/payers/{payer_id}/refusal": Permission.PAYERS_WRITE,
}


def test_only_these_routes_are_public(offline_service: ServiceFixture) -> None:
    public = {
        f"{method} {route.path}"
        for route in iter_route_contexts(offline_service.app.routes)
        if is_public(route.endpoint)
        for method in route.methods or {"*"}
    }

    assert public == PUBLIC
    assert unguarded_routes(offline_service.app) == []


def test_each_other_route_requires_its_permission(offline_service: ServiceFixture) -> None:
    assert guarded_routes(offline_service.app) == {
        route: frozenset({permission}) for route, permission in GUARDED.items()
    }


def test_the_headers_that_routes_read_are_described(offline_service: ServiceFixture) -> None:
    assert header_declaration_problems(offline_service.app) == []


@pytest.mark.servers
async def test_a_role_reaches_exactly_the_routes_of_its_permissions(
    service: ServiceFixture,
) -> None:
    for role, (route, permission) in product(Role, GUARDED.items()):
        method, path = route.split()
        response = await service.client.request(method, path, headers=service.staff_header(role))
        refused = response.status_code == 403
        assert refused is (permission not in PERMISSIONS[role]), f"{role} {route}"


async def test_guarded_routes_refuse_requests_without_a_token(
    offline_service: ServiceFixture,
) -> None:
    for route in GUARDED:
        method, path = route.split()
        response = await offline_service.client.request(method, path)
        assert response.status_code == 401


@pytest.mark.servers
async def test_the_service_reports_readiness(service: ServiceFixture) -> None:
    assert (await service.client.get("/health/ready")).status_code == 200


@pytest.mark.servers
async def test_the_service_reports_what_is_missing(new_database: NewDatabase) -> None:
    database_url = await new_database(migrate_onboarding, "onboarding")
    without_tables = await new_database(name="keyring")
    async with running_service(service_settings(database_url, without_tables)) as service:
        response = await service.client.get("/health/ready")

    assert response.status_code == 503
    assert "keyring" in response.json()["missing"]

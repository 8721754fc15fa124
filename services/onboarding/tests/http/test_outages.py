"""Without its servers every operation asks the client to repeat the request."""

from vinculo.access import Role
from vinculo.httpapi.testing import call_every_operation

from ..service_fixture import ServiceFixture

WITHOUT_DATABASE = {
    "GET /.well-known/jwks.json": 200,
    "GET /onboarding/v1/consent-texts": 200,
    "GET /onboarding/v1/document-types": 200,
    "GET /onboarding/v1/rules": 200,
    "GET /onboarding/v1/web-app-manifest": 200,
    "POST /onboarding/v1/registrations/validation": 200,
    # The examples have no valid signature, no cookie, and all of several alternatives.
    "POST /onboarding/v1/activations": 404,
    "POST /onboarding/v1/contact-changes/confirmation": 404,
    "POST /onboarding/v1/document-claim-access-tokens": 404,
    "POST /onboarding/v1/password-resets": 422,
    "POST /onboarding/v1/password-resets/confirmation": 404,
    "POST /onboarding/v1/staff-invitations/acceptance": 404,
    "POST /onboarding/v1/sessions/refresh": 401,
    "POST /onboarding/v1/sessions": 422,
    "PUT /onboarding/v1/me/contact": 422,
}


async def test_without_the_database_every_operation_is_to_be_repeated(
    offline_service: ServiceFixture,
) -> None:
    roles = (Role.APPLICANT, Role.ADMIN, Role.AUDITOR, Role.SERVICE)
    responses = await call_every_operation(
        offline_service.app,
        offline_service.client,
        [offline_service.staff_header(role) for role in roles],
        {"purpose": "marketing"},
    )

    answered = {name: responses.pop(name).status_code for name in WITHOUT_DATABASE}
    assert answered == WITHOUT_DATABASE
    for name, response in responses.items():
        assert response.status_code == 503, (name, response.text)
        assert response.json()["type"] == "urn:vinculo:problem:service-unavailable"
        assert response.headers["retry-after"] == "5"

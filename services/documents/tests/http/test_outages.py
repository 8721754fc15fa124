"""Without its servers every operation asks the client to repeat the request."""

from uuid import uuid4

from vinculo.access import Role
from vinculo.httpapi.testing import call_every_operation

from ..service_fixture import ServiceFixture

CONSTANT = "GET /documents/v1/me/upload-limits"


async def test_without_the_servers_every_operation_is_to_be_repeated(
    offline_service: ServiceFixture,
) -> None:
    claim_id = uuid4()
    roles = (Role.APPLICANT, Role.REVIEWER, Role.OPERATOR, Role.CLAIMANT)
    callers = [offline_service.caller(role, claim_id) for role in roles]
    responses = await call_every_operation(
        offline_service.app,
        callers[0],
        [dict(each.headers) for each in callers],
        {"claim_id": str(claim_id)},
    )

    assert responses.pop(CONSTANT).status_code == 200
    for name, response in responses.items():
        assert response.status_code == 503, (name, response.text)
        assert response.json()["type"] == "urn:vinculo:problem:service-unavailable"
        assert response.headers["retry-after"] == "5"

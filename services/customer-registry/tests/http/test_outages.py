"""Without its servers every operation asks the client to repeat the request."""

from vinculo.access import Role
from vinculo.httpapi.testing import call_every_operation

from ..http_calls import app_on, caller, client_of, problem_type
from ..registry_harness import dependencies_without_database


async def test_without_the_database_every_operation_is_to_be_repeated() -> None:
    app = app_on(dependencies_without_database())
    async with client_of(app) as client:
        responses = await call_every_operation(
            app, client, [caller(Role.ADMIN)], {"reason_code": "left_staff"}
        )

    assert len(responses) == 8
    for name, response in responses.items():
        assert response.status_code == 503, (name, response.text)
        assert problem_type(response) == "service-unavailable"
        assert response.headers["retry-after"] == "5"

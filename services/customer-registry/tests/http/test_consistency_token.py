"""Every command answers how far the record stands, so that readers can wait for it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.httpapi import parse_position

from ..http_calls import ADMIN, app_of, as_, calling
from ..incoming_events import Applicant
from ..registry_harness import RegistryUnderTest

pytestmark = pytest.mark.servers


@pytest_asyncio.fixture
async def http(registry: RegistryUnderTest) -> AsyncIterator[httpx2.AsyncClient]:
    async with calling(app_of(registry)) as client:
        yield client


async def test_every_command_tells_how_far_the_record_stands(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    person_id = applicant.person_id
    commands = (
        ("POST", "internal-user-grants", {"role": "operator", "reason_code": "joined_staff"}),
        ("DELETE", "internal-user-grants", {"reason_code": "left_staff"}),
        ("POST", "status-changes", {"status": "disabled", "reason_code": "requested"}),
        ("POST", "status-changes", {"status": "disabled", "reason_code": "requested"}),
        ("POST", "erasures", {"reason_code": "incorrect"}),
    )
    for number, (method, what, body) in enumerate(commands):
        version = len(await registry.events(person_id))
        headers = as_(Role.ADMIN, ADMIN, idempotency_key=f"key-{number}", if_match=version)
        path = f"/registry/v1/people/{person_id}/{what}"
        sent: dict[str, Any] = {"params": body} if method == "DELETE" else {"json": body}
        answer = await http.request(method, path, headers=headers, **sent)

        assert answer.status_code < 300, answer.text
        stands = (f"customer-{person_id}", len(await registry.events(person_id)))
        assert parse_position(answer.headers["vinculo-position"]) == stands, what

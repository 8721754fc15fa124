"""Every command returns a consistency token, so that readers can wait for its events."""

from typing import Any

import httpx2
import pytest

from vinculo.access import Role
from vinculo.httpapi import parse_position

from ..http_calls import ADMIN, PEOPLE, caller
from ..incoming_events import Applicant
from ..registry_harness import RegistryHarness

pytestmark = pytest.mark.servers


async def test_every_command_returns_the_position_of_the_record(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    person_id = applicant.person_id
    commands = (
        ("POST", "internal-user-grants", {"role": "operator", "reason_code": "joined_staff"}),
        ("DELETE", "internal-user-grants", {"reason_code": "left_staff"}),
        ("POST", "status-changes", {"status": "disabled", "reason_code": "requested"}),
        ("POST", "status-changes", {"status": "disabled", "reason_code": "requested"}),
        ("POST", "erasures", {"reason_code": "incorrect"}),
    )
    for number, (method, what, body) in enumerate(commands):
        version = await registry.version(person_id)
        headers = caller(Role.ADMIN, ADMIN, idempotency_key=f"key-{number}", if_match=version)
        path = f"{PEOPLE}/{person_id}/{what}"
        sent: dict[str, Any] = {"params": body} if method == "DELETE" else {"json": body}
        answer = await http.request(method, path, headers=headers, **sent)

        assert answer.status_code < 300, answer.text
        position = (f"customer-{person_id}", len(await registry.events(person_id)))
        assert parse_position(answer.headers["vinculo-position"]) == position, what

"""A repeated command whose response was lost in a crash gets the same response and no new events.

After such a crash the idempotency key is stored with its body and without a response.
"""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role
from vinculo.httpapi.testing import discard_saved_responses

from ..http_calls import ADMIN, PEOPLE, caller, problem_type
from ..incoming_events import Applicant
from ..registry_harness import RegistryHarness

pytestmark = pytest.mark.servers

PENDING = {"status": "pending", "reason_code": "data_to_review", "note": "Revisar la firma"}
BLOCKED = {"status": "blocked", "reason_code": "fraud_suspected"}
OPERATOR_ROLE = {"role": "operator", "reason_code": "joined_staff"}
VIEWER_ROLE = {"role": "viewer", "reason_code": "duties_changed"}


async def send(
    http: httpx2.AsyncClient, person_id: UUID, what: str, body: Any, *, key: str, version: int
) -> httpx2.Response:
    headers = caller(Role.ADMIN, ADMIN, idempotency_key=key, if_match=version)
    path = f"{PEOPLE}/{person_id}/{what}"
    return await http.post(path, json=body, headers=headers)


async def customer(registry: RegistryHarness) -> tuple[UUID, int]:
    applicant = Applicant()
    await registry.make_customer(applicant)
    return applicant.person_id, await registry.version(applicant.person_id)


@pytest.mark.parametrize(
    ("what", "body", "next_body"),
    [
        ("status-changes", PENDING, BLOCKED),
        ("internal-user-grants", OPERATOR_ROLE, VIEWER_ROLE),
    ],
)
async def test_a_repeated_command_gets_the_first_response_even_after_later_changes(
    registry: RegistryHarness, http: httpx2.AsyncClient, what: str, body: Any, next_body: Any
) -> None:
    person_id, version = await customer(registry)
    first = await send(http, person_id, what, body, key="first", version=version)
    await discard_saved_responses(registry.dependencies.store.engine)
    repeated = await send(http, person_id, what, body, key="first", version=version)
    after = await registry.version(person_id)
    await send(http, person_id, what, next_body, key="next", version=after)
    await discard_saved_responses(registry.dependencies.store.engine)
    late = await send(http, person_id, what, body, key="first", version=version)
    other = await send(http, person_id, what, next_body, key="first", version=version)

    assert first.status_code == 201, first.text
    for answer in (repeated, late):
        assert (answer.status_code, answer.json()) == (201, first.json())
        assert answer.headers["etag"] == first.headers["etag"]
    assert (other.status_code, problem_type(other)) == (422, "idempotency-key-reused")
    assert after == version + 1
    assert await registry.version(person_id) == version + 2


async def test_a_repeated_change_that_led_to_a_promotion_gets_the_promoted_status(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_pending(applicant)
    version = await registry.version(applicant.person_id)
    disabling = {"status": "disabled", "reason_code": "requested"}
    await send(http, applicant.person_id, "status-changes", disabling, key="pause", version=version)
    await registry.deliver(applicant.submitted(), applicant.accepted())
    version = await registry.version(applicant.person_id)
    first = await send(
        http, applicant.person_id, "status-changes", PENDING, key="resume", version=version
    )
    await discard_saved_responses(registry.dependencies.store.engine)
    repeated = await send(
        http, applicant.person_id, "status-changes", PENDING, key="resume", version=version
    )

    assert first.json()["status"] == "enabled"
    assert (repeated.status_code, repeated.json()) == (201, first.json())
    assert (await registry.event_types(applicant.person_id)).count("pre-customer-promoted") == 1


async def test_a_repeated_erasure_gets_the_same_id(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    person_id, version = await customer(registry)
    body = {"reason_code": "duplicate", "note": "Es la misma persona"}
    first = await send(http, person_id, "erasures", body, key="erase", version=version)
    await discard_saved_responses(registry.dependencies.store.engine)
    repeated = await send(http, person_id, "erasures", body, key="erase", version=version)

    assert (first.status_code, repeated.status_code) == (202, 202)
    assert repeated.json() == first.json()
    assert repeated.headers["location"] == first.headers["location"]
    assert (await registry.event_types(person_id)).count("record-erased") == 1


async def test_another_request_with_an_outdated_version_is_refused(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    person_id, version = await customer(registry)
    await send(http, person_id, "status-changes", PENDING, key="one", version=version)
    other = await send(http, person_id, "status-changes", PENDING, key="two", version=version)

    assert (other.status_code, problem_type(other)) == (412, "version-changed")

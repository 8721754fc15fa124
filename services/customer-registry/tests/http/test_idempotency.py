"""A command whose answer was lost in a crash is answered when it comes again, and not done twice.

After a crash the key is bound to its body and no answer is kept, which is what these tests make.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.httpapi.testing import lose_answers

from ..http_calls import ADMIN, app_of, as_, calling, slug
from ..incoming_events import Applicant
from ..registry_harness import RegistryUnderTest

pytestmark = pytest.mark.servers

PENDING = {"status": "pending", "reason_code": "data_to_review", "note": "Revisar la firma"}
BLOCKED = {"status": "blocked", "reason_code": "fraud_suspected"}
OPERATOR_ROLE = {"role": "operator", "reason_code": "joined_staff"}
VIEWER_ROLE = {"role": "viewer", "reason_code": "duties_changed"}


@pytest_asyncio.fixture(loop_scope="session")
async def http(registry: RegistryUnderTest) -> AsyncIterator[httpx2.AsyncClient]:
    async with calling(app_of(registry)) as client:
        yield client


async def send(
    http: httpx2.AsyncClient, person_id: UUID, what: str, body: Any, *, key: str, version: int
) -> httpx2.Response:
    headers = as_(Role.ADMIN, ADMIN, idempotency_key=key, if_match=version)
    path = f"/registry/v1/people/{person_id}/{what}"
    return await http.post(path, json=body, headers=headers)


async def promoted(registry: RegistryUnderTest) -> tuple[UUID, int]:
    applicant = Applicant()
    await registry.promoted(applicant)
    return applicant.person_id, len(await registry.events(applicant.person_id))


@pytest.mark.parametrize(
    ("what", "body", "next_body"),
    [
        ("status-changes", PENDING, BLOCKED),
        ("internal-user-grants", OPERATOR_ROLE, VIEWER_ROLE),
    ],
)
async def test_what_was_done_before_the_crash_is_told_also_when_the_record_has_gone_on(
    registry: RegistryUnderTest, http: httpx2.AsyncClient, what: str, body: Any, next_body: Any
) -> None:
    person_id, version = await promoted(registry)
    first = await send(http, person_id, what, body, key="first", version=version)
    await lose_answers(registry.registry.store.engine)
    repeated = await send(http, person_id, what, body, key="first", version=version)
    after = len(await registry.events(person_id))
    await send(http, person_id, what, next_body, key="next", version=after)
    await lose_answers(registry.registry.store.engine)
    late = await send(http, person_id, what, body, key="first", version=version)
    other = await send(http, person_id, what, next_body, key="first", version=version)

    assert first.status_code == 201, first.text
    for answer in (repeated, late):
        assert (answer.status_code, answer.json()) == (201, first.json())
        assert answer.headers["etag"] == first.headers["etag"]
    assert (other.status_code, slug(other)) == (422, "idempotency-key-reused")
    assert after == version + 1
    assert len(await registry.events(person_id)) == version + 2


async def test_a_change_that_brought_a_promotion_about_is_told_with_it(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.pending(applicant)
    version = len(await registry.events(applicant.person_id))
    disabling = {"status": "disabled", "reason_code": "requested"}
    await send(http, applicant.person_id, "status-changes", disabling, key="pause", version=version)
    await registry.tell(applicant.submitted(), applicant.accepted())
    version = len(await registry.events(applicant.person_id))
    first = await send(
        http, applicant.person_id, "status-changes", PENDING, key="resume", version=version
    )
    await lose_answers(registry.registry.store.engine)
    repeated = await send(
        http, applicant.person_id, "status-changes", PENDING, key="resume", version=version
    )

    assert first.json()["status"] == "enabled"
    assert (repeated.status_code, repeated.json()) == (201, first.json())
    assert (await registry.event_types(applicant.person_id)).count("pre-customer-promoted") == 1


async def test_an_erasure_is_told_by_its_id(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    person_id, version = await promoted(registry)
    body = {"reason_code": "duplicate", "note": "Es la misma persona"}
    first = await send(http, person_id, "erasures", body, key="erase", version=version)
    await lose_answers(registry.registry.store.engine)
    repeated = await send(http, person_id, "erasures", body, key="erase", version=version)

    assert (first.status_code, repeated.status_code) == (202, 202)
    assert repeated.json() == first.json()
    assert repeated.headers["location"] == first.headers["location"]
    assert (await registry.event_types(person_id)).count("record-erased") == 1


async def test_another_request_on_a_version_that_has_gone_by_is_refused(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    person_id, version = await promoted(registry)
    await send(http, person_id, "status-changes", PENDING, key="one", version=version)
    other = await send(http, person_id, "status-changes", PENDING, key="two", version=version)

    assert (other.status_code, slug(other)) == (412, "version-changed")

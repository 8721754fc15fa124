"""The erasure of a record, requested over HTTP: first the event, then the key.

Later events save nothing.
"""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import func, select

from vinculo.access import Role
from vinculo.customer_registry.storage.tables import loans
from vinculo.events import ERASED
from vinculo.privacy import KeyMissing

from ..http_calls import ADMIN, PEOPLE, caller, problem_type
from ..incoming_events import Applicant
from ..registry_harness import NOW, RegistryHarness

pytestmark = pytest.mark.servers


async def erase(
    registry: RegistryHarness,
    http: httpx2.AsyncClient,
    person_id: UUID,
    *,
    version: int | None = None,
    subject: UUID = ADMIN,
    **headers: str,
) -> httpx2.Response:
    if version is None:
        version = await registry.version(person_id)
    return await http.post(
        f"{PEOPLE}/{person_id}/erasures",
        json={"reason_code": "duplicate", "note": "Es la misma persona que 7."},
        headers=caller(Role.ADMIN, subject, if_match=version, **headers),
    )


async def shown(http: httpx2.AsyncClient, answer: httpx2.Response) -> dict[str, str]:
    erasure_id = answer.json()["erasure_id"]
    response = await http.get(f"/registry/v1/erasures/{erasure_id}", headers=caller(Role.ADMIN))
    assert response.status_code == 200
    found: dict[str, str] = response.json()
    return found


async def test_a_requested_erasure_is_recorded_and_can_be_followed(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)

    answer = await erase(registry, http, applicant.person_id)

    assert answer.status_code == 202
    assert answer.headers["location"].endswith(answer.json()["erasure_id"])
    stored = (await registry.events(applicant.person_id))[-1]
    assert stored.type == "record-erased.v1"
    assert stored.data["erasure_id"] == answer.json()["erasure_id"]
    assert stored.data["erased_by"] == str(ADMIN)
    erasure = await shown(http, answer)
    assert (erasure["state"], erasure["reason_code"]) == ("requested", "duplicate")
    assert erasure["note"] == "Es la misma persona que 7."


async def test_the_consumed_erasure_destroys_the_key_and_deletes_facts_and_loans(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    started = await applicant.started(registry.keys)
    await registry.deliver(started)
    await registry.report(applicant.loan("A", 1))
    answer = await erase(registry, http, applicant.person_id)

    await registry.deliver_own_erasure(applicant.person_id)

    envelope = started.data["personal"]
    assert await registry.keys.decrypt(applicant.person_id, started.event_id, envelope) == ERASED
    erasure = await shown(http, answer)
    assert erasure["state"] == "key_destroyed"
    assert "note" not in erasure
    person = await registry.person(applicant.person_id)
    assert (person.facts, person.completed_at, person.erased_at) == ({}, None, NOW)
    assert await count_loans(registry, applicant) == 0


async def test_a_repeated_delivery_does_not_change_the_erasure(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    answer = await erase(registry, http, applicant.person_id)
    await registry.deliver_own_erasure(applicant.person_id)
    first = await shown(http, answer)

    await registry.deliver_own_erasure(applicant.person_id)

    assert await shown(http, answer) == first


async def test_the_erasure_of_the_account_is_recorded(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    answer = await erase(registry, http, applicant.person_id)
    await registry.deliver_own_erasure(applicant.person_id)

    swept_at = NOW + timedelta(seconds=3)
    await registry.deliver(applicant.applicant_erased(swept_at))

    erasure = await shown(http, answer)
    assert erasure["account_swept_at"] == swept_at.isoformat().replace("+00:00", "Z")


async def test_events_after_an_erasure_save_nothing(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_pending(applicant)
    await erase(registry, http, applicant.person_id)
    await registry.deliver(applicant.submitted())
    await registry.deliver_own_erasure(applicant.person_id)

    await registry.deliver(applicant.accepted())
    await registry.report(applicant.loan("A", 1))

    assert (await registry.person(applicant.person_id)).facts == {}
    assert await count_loans(registry, applicant) == 0
    assert (await registry.event_types(applicant.person_id))[-1] == "record-erased"


async def test_without_a_key_the_erasure_fails_and_records_nothing(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.deliver(applicant.started_without_key())
    answer = await http.post(
        f"{PEOPLE}/{applicant.person_id}/erasures",
        json={"reason_code": "requested"},
        headers=caller(Role.ADMIN, ADMIN, if_match=await registry.version(applicant.person_id)),
    )

    with pytest.raises(KeyMissing):
        await registry.deliver_own_erasure(applicant.person_id)

    assert (await shown(http, answer))["state"] == "requested"
    assert (await registry.person(applicant.person_id)).erased_at is None


async def test_an_erased_record_is_gone_and_another_request_returns_the_same_erasure(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    first = await erase(registry, http, applicant.person_id)

    again = await erase(registry, http, applicant.person_id)
    record = await http.get(f"{PEOPLE}/{applicant.person_id}", headers=caller(Role.VIEWER))
    change = await http.post(
        f"{PEOPLE}/{applicant.person_id}/status-changes",
        json={"status": "blocked", "reason_code": "other"},
        headers=caller(Role.ADMIN, if_match=1),
    )

    assert again.json() == first.json()
    assert (record.status_code, problem_type(record)) == (410, "record-erased")
    assert (change.status_code, problem_type(change)) == (410, "record-erased")


async def test_a_repeated_request_returns_the_same_erasure(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    version = await registry.version(applicant.person_id)

    first, second = [
        await erase(registry, http, applicant.person_id, version=version, idempotency_key="once")
        for _ in range(2)
    ]

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()


async def test_a_blocked_record_is_not_erased(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    await http.post(
        f"{PEOPLE}/{applicant.person_id}/status-changes",
        json={"status": "blocked", "reason_code": "fraud_suspected"},
        headers=caller(Role.ADMIN, if_match=await registry.version(applicant.person_id)),
    )

    answer = await erase(registry, http, applicant.person_id)

    assert (answer.status_code, problem_type(answer)) == (409, "record-blocked")


async def test_refused_erasures_append_no_event(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    before = await registry.event_types(applicant.person_id)

    own = await erase(registry, http, applicant.person_id, subject=applicant.person_id)
    outdated = await erase(registry, http, applicant.person_id, version=1)
    unknown = await erase(registry, http, uuid4(), version=1)

    assert (own.status_code, problem_type(own)) == (403, "own-record")
    assert (outdated.status_code, problem_type(outdated)) == (412, "version-changed")
    assert (unknown.status_code, problem_type(unknown)) == (404, "person-unknown")
    assert await registry.event_types(applicant.person_id) == before


async def count_loans(registry: RegistryHarness, applicant: Applicant) -> int:
    async with registry.dependencies.store.engine.connect() as connection:
        statement = select(func.count()).where(loans.c.person_id == applicant.person_id)
        return (await connection.execute(statement)).scalar_one()

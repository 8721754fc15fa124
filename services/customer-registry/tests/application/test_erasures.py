"""Erasure of a record: first the event, then the key, and nothing that comes later is kept."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from vinculo.access import Role
from vinculo.customer_registry.storage.tables import loans
from vinculo.events import ERASED
from vinculo.privacy import KeyMissing

from ..http_calls import ADMIN, app_of, as_, calling, slug
from ..incoming_events import Applicant
from ..registry_harness import NOW, RegistryUnderTest

pytestmark = pytest.mark.servers

PEOPLE = "/registry/v1/people"


@pytest_asyncio.fixture(loop_scope="session")
async def http(registry: RegistryUnderTest) -> AsyncIterator[httpx2.AsyncClient]:
    async with calling(app_of(registry)) as client:
        yield client


async def erase(
    registry: RegistryUnderTest,
    http: httpx2.AsyncClient,
    person_id: UUID,
    *,
    version: int | None = None,
    subject: UUID = ADMIN,
    **headers: str,
) -> httpx2.Response:
    if version is None:
        version = len(await registry.events(person_id))
    return await http.post(
        f"{PEOPLE}/{person_id}/erasures",
        json={"reason_code": "duplicate", "note": "Es la misma persona que 7."},
        headers=as_(Role.ADMIN, subject, if_match=version, **headers),
    )


async def seen(http: httpx2.AsyncClient, answer: httpx2.Response) -> dict[str, str]:
    erasure_id = answer.json()["erasure_id"]
    shown = await http.get(f"/registry/v1/erasures/{erasure_id}", headers=as_(Role.ADMIN))
    assert shown.status_code == 200
    found: dict[str, str] = shown.json()
    return found


async def test_a_requested_erasure_is_recorded_and_can_be_followed(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)

    answer = await erase(registry, http, applicant.person_id)

    assert answer.status_code == 202
    assert answer.headers["location"].endswith(answer.json()["erasure_id"])
    stored = (await registry.events(applicant.person_id))[-1]
    assert stored.type == "record-erased.v1"
    assert stored.data["erasure_id"] == answer.json()["erasure_id"]
    assert stored.data["erased_by"] == str(ADMIN)
    shown = await seen(http, answer)
    assert (shown["state"], shown["reason_code"]) == ("requested", "duplicate")
    assert shown["note"] == "Es la misma persona que 7."


async def test_the_record_coming_back_destroys_the_key_and_clears_what_was_known(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    started = await applicant.started(registry.keys)
    await registry.tell(started)
    await registry.tell(applicant.loan("A", 1))
    answer = await erase(registry, http, applicant.person_id)

    await registry.tell_of_own_erasure(applicant.person_id)

    envelope = started.data["personal"]
    assert await registry.keys.open(applicant.person_id, started.event_id, envelope) == ERASED
    shown = await seen(http, answer)
    assert shown["state"] == "key_destroyed"
    assert "note" not in shown
    person = await registry.person(applicant.person_id)
    assert (person.facts, person.completed_at, person.erased_at) == ({}, None, NOW)
    assert await count_loans(registry, applicant) == 0


async def test_told_twice_the_key_is_destroyed_once(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    answer = await erase(registry, http, applicant.person_id)
    await registry.tell_of_own_erasure(applicant.person_id)
    first = await seen(http, answer)

    await registry.tell_of_own_erasure(applicant.person_id)

    assert await seen(http, answer) == first


async def test_the_sweep_of_the_account_is_noted(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    answer = await erase(registry, http, applicant.person_id)
    await registry.tell_of_own_erasure(applicant.person_id)

    swept_at = NOW + timedelta(seconds=3)
    await registry.tell(applicant.applicant_erased(swept_at))

    shown = await seen(http, answer)
    assert shown["account_swept_at"] == swept_at.isoformat().replace("+00:00", "Z")


async def test_what_comes_after_an_erasure_is_not_kept(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.pending(applicant)
    await erase(registry, http, applicant.person_id)
    await registry.tell(applicant.submitted())
    await registry.tell_of_own_erasure(applicant.person_id)

    await registry.tell(applicant.accepted())
    await registry.tell(applicant.loan("A", 1))

    assert (await registry.person(applicant.person_id)).facts == {}
    assert await count_loans(registry, applicant) == 0
    assert (await registry.event_types(applicant.person_id))[-1] == "record-erased"


async def test_without_a_key_row_an_erasure_is_a_fault_and_nothing_is_noted(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.tell(applicant.started_without_key())
    answer = await http.post(
        f"{PEOPLE}/{applicant.person_id}/erasures",
        json={"reason_code": "requested"},
        headers=as_(Role.ADMIN, ADMIN, if_match=len(await registry.events(applicant.person_id))),
    )

    with pytest.raises(KeyMissing):
        await registry.tell_of_own_erasure(applicant.person_id)

    assert (await seen(http, answer))["state"] == "requested"
    assert (await registry.person(applicant.person_id)).erased_at is None


async def test_an_erased_record_is_gone_and_asking_again_names_the_same_erasure(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    first = await erase(registry, http, applicant.person_id)

    again = await erase(registry, http, applicant.person_id)
    shown = await http.get(f"{PEOPLE}/{applicant.person_id}", headers=as_(Role.VIEWER))
    moved = await http.post(
        f"{PEOPLE}/{applicant.person_id}/status-changes",
        json={"status": "blocked", "reason_code": "other"},
        headers=as_(Role.ADMIN, if_match=1),
    )

    assert again.json() == first.json()
    assert (shown.status_code, slug(shown)) == (410, "record-erased")
    assert (moved.status_code, slug(moved)) == (410, "record-erased")


async def test_a_repeated_request_names_the_same_erasure(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    version = len(await registry.events(applicant.person_id))

    first, second = [
        await erase(registry, http, applicant.person_id, version=version, idempotency_key="once")
        for _ in range(2)
    ]

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()


async def test_a_blocked_record_is_erased_only_after_unblocking(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    await http.post(
        f"{PEOPLE}/{applicant.person_id}/status-changes",
        json={"status": "blocked", "reason_code": "fraud_suspected"},
        headers=as_(Role.ADMIN, if_match=len(await registry.events(applicant.person_id))),
    )

    answer = await erase(registry, http, applicant.person_id)

    assert (answer.status_code, slug(answer)) == (409, "record-blocked")


async def test_refused_erasures_leave_nothing_behind(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    before = await registry.event_types(applicant.person_id)

    own = await erase(registry, http, applicant.person_id, subject=applicant.person_id)
    outdated = await erase(registry, http, applicant.person_id, version=1)
    unknown = await erase(registry, http, uuid4(), version=1)

    assert (own.status_code, slug(own)) == (403, "own-record")
    assert (outdated.status_code, slug(outdated)) == (412, "version-changed")
    assert (unknown.status_code, slug(unknown)) == (404, "person-unknown")
    assert await registry.event_types(applicant.person_id) == before


async def count_loans(registry: RegistryUnderTest, applicant: Applicant) -> int:
    async with registry.registry.store.engine.connect() as connection:
        statement = select(func.count()).where(loans.c.person_id == applicant.person_id)
        return (await connection.execute(statement)).scalar_one()

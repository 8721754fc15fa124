"""Who looked at whom and who was refused can be looked up, and that is on record too."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.query_api.audit_log import AuditLog
from vinculo.query_api.mongo import Mongo
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from .query_service import begin_generation, query_service, some_people, token

pytestmark = pytest.mark.servers

PERSON = some_people(1)[0]["_id"]
ANA, EVA = UUID(int=21), UUID(int=22)
MARCH = datetime(2026, 3, 10, 15, tzinfo=UTC)
AUDIT = "/query/v1/audit"
Service = tuple[httpx2.AsyncClient, Mongo]


@pytest.fixture
def driver() -> str:
    return "motor"


@pytest_asyncio.fixture
async def service(mongo_url: MongoUrl, bucket: MakeBucket, driver: str) -> AsyncIterator[Service]:
    async with query_service(mongo_url("query"), bucket("exports"), driver=driver) as made:
        await begin_generation(made[1], some_people(1))
        yield made


async def ask(client: httpx2.AsyncClient, role: Role = Role.ADMIN, **asked: Any) -> httpx2.Response:
    return await client.get(AUDIT, params=asked, headers=token(role))


async def shown(client: httpx2.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = await ask(client, **asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def remember(mongo: Mongo, *entries: tuple[str, UUID, datetime]) -> None:
    for action, by, moment in entries:
        trail = AuditLog(mongo.database, lambda moment=moment: moment)  # type: ignore[misc]
        await trail.record(action, by=by, person_id=PERSON, facts={"list": "customers"})


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_the_trail_is_read_by_actor_action_person_and_period(service: Service) -> None:
    client, mongo = service
    await remember(
        mongo,
        ("profile-viewed", ANA, MARCH),
        ("export-made", ANA, MARCH + timedelta(days=1)),
        ("profile-viewed", EVA, MARCH + timedelta(days=2)),
    )

    async def found(**asked: Any) -> list[tuple[str, str]]:
        return [(item["action"], item["by"]) for item in await shown(client, **asked)]

    march = {"at_from": "2026-03-01", "at_to": "2026-03-31"}
    assert await found(**march) == [
        ("profile-viewed", str(EVA)),
        ("export-made", str(ANA)),
        ("profile-viewed", str(ANA)),
    ]
    assert await found(actor=str(ANA)) == [("export-made", str(ANA)), ("profile-viewed", str(ANA))]
    assert await found(action="export-made") == [("export-made", str(ANA))]
    assert await found(action=["export-made", "profile-viewed"], actor=str(EVA)) == [
        ("profile-viewed", str(EVA))
    ]
    assert len(await found(person_id=str(PERSON))) == 3
    assert await found(at_from="2026-03-11", at_to="2026-03-11") == [("export-made", str(ANA))]
    assert await found(person_id=str(ANA), **march) == []


async def test_an_entry_tells_what_it_knows(service: Service) -> None:
    client, mongo = service
    await remember(mongo, ("export-made", ANA, MARCH))
    (entry,) = await shown(client, actor=str(ANA))

    assert entry.pop("entry_id")
    assert entry == {
        "action": "export-made",
        "by": str(ANA),
        "at": "2026-03-10T15:00:00Z",
        "person_id": str(PERSON),
        "facts": {"list": "customers"},
    }


async def test_pages_go_on_where_they_ended_and_belong_to_their_question(service: Service) -> None:
    client, mongo = service
    await remember(mongo, *(("profile-viewed", ANA, MARCH) for _ in range(5)))
    seen: list[str] = []
    cursor = None
    while True:
        more: dict[str, Any] = {} if cursor is None else {"cursor": cursor}
        page = (await ask(client, actor=str(ANA), limit=2, **more)).json()
        seen += [item["entry_id"] for item in page["items"]]
        if (following := page["next_cursor"]) is None:
            break
        cursor = following

    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)
    assert (await ask(client, actor=str(EVA), cursor=cursor)).status_code == 400


async def test_reading_the_trail_is_on_record(service: Service) -> None:
    client, _ = service
    await shown(client, actor=str(ANA))
    entries = await shown(client, action="audit-read")

    assert [entry["facts"] for entry in entries] == [{"filters": {"actor": str(ANA)}}]


async def test_who_opened_whom_and_who_was_refused_is_on_record(service: Service) -> None:
    client, _ = service
    for role in (Role.VIEWER, Role.REVIEWER):
        await client.get(f"/query/v1/people/{PERSON}", headers=token(role, subject=ANA))
        await client.get("/query/v1/customers", headers=token(role, subject=ANA))
    await client.get(f"/query/v1/people/{PERSON}")
    entries = await shown(client, actor=str(ANA))

    assert [(entry["action"], entry["person_id"]) for entry in entries] == [
        ("access-refused", None),
        ("access-refused", str(PERSON)),
        ("profile-viewed", str(PERSON)),
    ]
    assert entries[1]["facts"] == {"method": "GET", "operation": "show-profile"}


async def test_who_searched_is_on_record_and_what_for_is_not(service: Service) -> None:
    client, _ = service

    async def look(**asked: str) -> httpx2.Response:
        return await client.get(
            "/query/v1/registrations", params=asked, headers=token(Role.VIEWER, subject=ANA)
        )

    searched = await look(q="núñez", status="pending", sort="name")
    assert searched.status_code == 200
    await look()
    await look(q=" ")
    await look(q="núñez", status="no status")
    entries = await shown(client, actor=str(ANA))

    assert [(entry["action"], entry["facts"]) for entry in entries] == [
        ("list-searched", {"list": "registrations", "filters": {"status": ["pending"]}})
    ]


NO_QUESTIONS: list[dict[str, Any]] = [
    {"actor": "ana"},
    {"action": "$ne"},
    {"action": ["a"] * 21},
    {"person_id[$ne]": "x"},
    {"at_from": "2026-03-02", "at_to": "2026-03-01"},
    {"at_from": "10000-01-01"},
    {"limit": 0},
    {"limit": 10**9},
    {"skip": 1},
]


async def test_what_is_no_question_is_refused(service: Service) -> None:
    for asked in NO_QUESTIONS:
        answer = await ask(service[0], **asked)
        assert answer.status_code == 422, asked
        assert answer.headers["content-type"] == "application/problem+json"


async def test_it_is_for_administrators_and_auditors(service: Service) -> None:
    for role in Role:
        allowed = role in {Role.ADMIN, Role.AUDITOR}
        assert (await ask(service[0], role)).status_code == (200 if allowed else 403)

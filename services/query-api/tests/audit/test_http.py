"""The audit log can be filtered and paged, and reading it is audited."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.query_api.audit_log import AuditAction, AuditLog
from vinculo.query_api.mongo import Mongo
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from ..query_service import make_generation, make_people, query_service, token

pytestmark = pytest.mark.servers

PERSON = make_people(1)[0]["_id"]
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
        await make_generation(made[1], make_people(1))
        yield made


async def get_audit(
    client: httpx2.AsyncClient, role: Role = Role.ADMIN, **parameters: Any
) -> httpx2.Response:
    return await client.get(AUDIT, params=parameters, headers=token(role))


async def entries_of(client: httpx2.AsyncClient, **parameters: Any) -> list[dict[str, Any]]:
    response = await get_audit(client, **parameters)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def add_entries(mongo: Mongo, *entries: tuple[str, UUID, datetime]) -> None:
    for action, by, moment in entries:
        audit = AuditLog(mongo.own, lambda moment=moment: moment)  # type: ignore[misc]
        await audit.record(
            AuditAction(action), by=by, person_id=PERSON, facts={"list": "customers"}
        )


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_the_log_is_filtered_by_actor_action_person_and_period(service: Service) -> None:
    client, mongo = service
    await add_entries(
        mongo,
        ("profile-viewed", ANA, MARCH),
        ("export-made", ANA, MARCH + timedelta(days=1)),
        ("profile-viewed", EVA, MARCH + timedelta(days=2)),
    )

    async def actions_and_actors(**parameters: Any) -> list[tuple[str, str]]:
        return [(item["action"], item["by"]) for item in await entries_of(client, **parameters)]

    march = {"at_from": "2026-03-01", "at_to": "2026-03-31"}
    assert await actions_and_actors(**march) == [
        ("profile-viewed", str(EVA)),
        ("export-made", str(ANA)),
        ("profile-viewed", str(ANA)),
    ]
    assert await actions_and_actors(actor=str(ANA)) == [
        ("export-made", str(ANA)),
        ("profile-viewed", str(ANA)),
    ]
    assert await actions_and_actors(action="export-made") == [("export-made", str(ANA))]
    assert await actions_and_actors(action=["export-made", "profile-viewed"], actor=str(EVA)) == [
        ("profile-viewed", str(EVA))
    ]
    assert len(await actions_and_actors(person_id=str(PERSON))) == 3
    assert await actions_and_actors(at_from="2026-03-11", at_to="2026-03-11") == [
        ("export-made", str(ANA))
    ]
    assert await actions_and_actors(person_id=str(ANA), **march) == []


async def test_an_entry_is_shown_with_its_facts(service: Service) -> None:
    client, mongo = service
    await add_entries(mongo, ("export-made", ANA, MARCH))
    (entry,) = await entries_of(client, actor=str(ANA))

    assert entry.pop("entry_id")
    assert entry == {
        "action": "export-made",
        "by": str(ANA),
        "at": "2026-03-10T15:00:00Z",
        "person_id": str(PERSON),
        "facts": {"list": "customers"},
    }


async def test_an_unknown_action_is_refused_with_the_known_ones(service: Service) -> None:
    client, _ = service
    address = "/query/v1/audit?action=export-made&action=nonsense"
    response = await client.get(address, headers={**token(Role.AUDITOR), "Accept-Language": "en"})
    (error,) = response.json()["errors"]

    assert (response.status_code, error["field"]) == (422, "action.1")
    assert error["message"] == f"Use one of: {', '.join(AuditAction)}"


async def test_moments_in_facts_are_as_in_rfc_3339(service: Service) -> None:
    client, mongo = service
    facts = {
        "from": "2026-03-01 15:00:00+00:00",
        "to": "2026-03-02T15:00:00.500000Z",
        "as_of": str(PERSON),
    }
    audit = AuditLog(mongo.own, lambda: MARCH)
    await audit.record(AuditAction.CHANGES_VIEWED, by=ANA, person_id=PERSON, facts=facts)
    (entry,) = await entries_of(client, actor=str(ANA))

    assert entry["facts"] == {
        "from": "2026-03-01T15:00:00.000000Z",
        "to": "2026-03-02T15:00:00.500000Z",
        "as_of": str(PERSON),
    }


async def test_pages_continue_and_cursors_are_valid_for_their_query_only(service: Service) -> None:
    client, mongo = service
    await add_entries(mongo, *(("profile-viewed", ANA, MARCH) for _ in range(5)))
    seen: list[str] = []
    cursor = None
    while True:
        more: dict[str, Any] = {} if cursor is None else {"cursor": cursor}
        page = (await get_audit(client, actor=str(ANA), limit=2, **more)).json()
        seen += [item["entry_id"] for item in page["items"]]
        if (following := page["next_cursor"]) is None:
            break
        cursor = following

    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)
    assert (await get_audit(client, actor=str(EVA), cursor=cursor)).status_code == 400


async def test_reading_the_log_is_audited(service: Service) -> None:
    client, _ = service
    await entries_of(client, actor=str(ANA))
    entries = await entries_of(client, action="audit-read")

    assert [entry["facts"] for entry in entries] == [{"filters": {"actor": str(ANA)}}]


async def test_profile_views_and_refusals_are_audited(service: Service) -> None:
    client, _ = service
    for role in (Role.VIEWER, Role.REVIEWER):
        await client.get(f"/query/v1/people/{PERSON}", headers=token(role, subject=ANA))
        await client.get("/query/v1/customers", headers=token(role, subject=ANA))
    await client.get(f"/query/v1/people/{PERSON}")
    entries = await entries_of(client, actor=str(ANA))

    assert [(entry["action"], entry["person_id"]) for entry in entries] == [
        ("access-refused", None),
        ("access-refused", str(PERSON)),
        ("profile-viewed", str(PERSON)),
    ]
    assert entries[1]["facts"] == {"method": "GET", "operation": "show-profile"}


async def test_searches_are_audited_without_the_search_text(service: Service) -> None:
    client, _ = service

    async def search(**parameters: str) -> httpx2.Response:
        return await client.get(
            "/query/v1/registrations", params=parameters, headers=token(Role.VIEWER, subject=ANA)
        )

    searched = await search(q="núñez", status="pending", sort="name")
    assert searched.status_code == 200
    await search()
    await search(q=" ")
    await search(q="núñez", status="no status")
    entries = await entries_of(client, actor=str(ANA))

    assert [(entry["action"], entry["facts"]) for entry in entries] == [
        ("list-searched", {"list": "registrations", "filters": {"status": ["pending"]}})
    ]


BAD_PARAMETERS: list[dict[str, Any]] = [
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


async def test_bad_parameters_are_refused(service: Service) -> None:
    for parameters in BAD_PARAMETERS:
        response = await get_audit(service[0], **parameters)
        assert response.status_code == 422, parameters
        assert response.headers["content-type"] == "application/problem+json"


async def test_only_administrators_and_auditors_may_read_the_log(service: Service) -> None:
    for role in Role:
        allowed = role in {Role.ADMIN, Role.AUDITOR}
        assert (await get_audit(service[0], role)).status_code == (200 if allowed else 403)

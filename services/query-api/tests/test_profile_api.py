"""The profile shows what its viewer may see, and every view is recorded."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import orjson
import pytest
import pytest_asyncio

from vinculo.access import Permission, Role, unguarded_routes
from vinculo.access.guards import guarded_routes
from vinculo.access.roles import PERMISSIONS
from vinculo.local.testing import MakeBucket, MongoUrl
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import Mongo

from .query_service import BEGINNING, PAYERS, begin_generation, query_service, some_people, token

pytestmark = pytest.mark.servers

LOAN = {
    "version": 1,
    "source": "/credit/core",
    "loan_id": "L-1",
    "status": "active",
    "currency": "COP",
    "principal_cents": 5_000_000_00,
    "outstanding_cents": 4_000_000_00,
    "disbursed_at": BEGINNING,
    "closed_at": None,
    "replaced_by_loan_id": None,
    "reported_at": BEGINNING,
}


def customer() -> dict[str, Any]:
    person = next(p for p in some_people(50) if p["kind"] == "customer")
    person["payer_id"] = next(iter(PAYERS))
    person["application"]["employment"] = {
        "payer_id": person["payer_id"],
        "contract_type": "indefinite",
        "currency": "COP",
        "declared_at": BEGINNING,
    }
    person["personal"]["employment"] = {
        "position": "Docente",
        "net_monthly_salary_cents": 3_500_000_00,
        "deductions": [],
        "payer_contact": {"name": "Talento humano", "phone": None, "email": None},
    }
    person["loans"] = {"a": dict(LOAN)}
    person["active_loans"] = 1
    return person


PERSON = customer()
ERASED = {"_id": UUID(int=66), "revision": 9, "erased_at": BEGINNING}


@pytest_asyncio.fixture
async def service(
    mongo_url: MongoUrl, bucket: MakeBucket
) -> AsyncIterator[tuple[httpx2.AsyncClient, Mongo]]:
    async with query_service(mongo_url("query"), bucket("exports")) as made:
        await begin_generation(made[1], [PERSON, ERASED])
        yield made


async def profile(client: httpx2.AsyncClient, role: Role) -> dict[str, Any]:
    answer = await client.get(f"/query/v1/people/{PERSON['_id']}", headers=token(role))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_operator_sees_everything(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    shown = await profile(service[0], Role.OPERATOR)

    assert shown["credit_overview"]["outstanding_cents"] == {"COP": 4_000_000_00}
    assert shown["customer_details"]["personal"]["name"] == PERSON["personal"]["name"]
    assert shown["customer_details"]["employment"]["payer"] == "Pagaduría 0"
    assert shown["customer_details"]["employment"]["net_monthly_salary_cents"] == 3_500_000_00
    assert "refinanced_loans" not in shown


async def test_a_viewer_sees_no_salary(service: tuple[httpx2.AsyncClient, Mongo]) -> None:
    employment = (await profile(service[0], Role.VIEWER))["customer_details"]["employment"]

    assert employment["position"] == "Docente"
    assert "net_monthly_salary_cents" not in employment
    assert "deductions" not in employment


async def test_refinanced_loans_are_shown_when_there_are_any(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    people = collection_names(await active_generation(mongo.database)).people
    replaced = {**LOAN, "loan_id": "L-0", "status": "refinanced", "replaced_by_loan_id": "L-1"}
    await mongo.database[people].update_one({"_id": PERSON["_id"]}, {"$set": {"loans.b": replaced}})
    shown = await profile(client, Role.OPERATOR)

    assert [loan["replaced_by_loan_id"] for loan in shown["refinanced_loans"]] == ["L-1"]


async def test_a_view_is_recorded(service: tuple[httpx2.AsyncClient, Mongo]) -> None:
    client, mongo = service
    await profile(client, Role.VIEWER)
    entry = await mongo.database["audit"].find_one({"action": "profile-viewed"})

    assert entry is not None
    assert entry["person_id"] == PERSON["_id"]
    assert entry["by"] == UUID(int=1)


async def test_who_is_unknown_is_not_found(service: tuple[httpx2.AsyncClient, Mongo]) -> None:
    answer = await service[0].get(f"/query/v1/people/{UUID(int=404)}", headers=token(Role.OPERATOR))

    assert answer.status_code == 404


async def test_who_is_erased_is_gone(service: tuple[httpx2.AsyncClient, Mongo]) -> None:
    answer = await service[0].get(f"/query/v1/people/{ERASED['_id']}", headers=token(Role.OPERATOR))

    assert answer.status_code == 410


async def test_a_customer_id_leads_to_the_person(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    answer = await service[0].get(
        f"/query/v1/customers/{PERSON['customer_id']}", headers=token(Role.VIEWER)
    )

    assert answer.status_code == 307
    assert answer.headers["location"] == f"/query/v1/people/{PERSON['_id']}"


async def test_the_timeline_is_paged_from_the_newest(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    events = collection_names(await active_generation(mongo.database)).events
    await mongo.database[events].insert_many(
        [
            {
                "_id": UUID(int=n),
                "person_id": PERSON["_id"],
                "topic": "onboarding.applications",
                "type": "consent-given.v1",
                "stream_id": "application-1",
                "version": n,
                "time": BEGINNING + timedelta(minutes=n // 2),
                "facts": orjson.dumps({"purpose": "marketing"}).decode(),
                "personal": None,
            }
            for n in range(1, 8)
        ]
    )
    seen: list[int] = []
    cursor = None
    while True:
        page = (
            await client.get(
                f"/query/v1/people/{PERSON['_id']}/timeline",
                params={"limit": 3, **({"cursor": cursor} if cursor else {})},
                headers=token(Role.OPERATOR),
            )
        ).json()
        seen.extend(item["version"] for item in page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert page["items"][0]["facts"] == {"purpose": "marketing"}


def app_of(client: httpx2.AsyncClient) -> Any:
    return client._transport.app  # type: ignore[attr-defined]  # noqa: SLF001 - the app under test


async def test_only_the_download_and_the_technical_routes_are_public(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    assert unguarded_routes(app_of(service[0])) == []


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_reaches_what_it_may_and_nothing_else(
    service: tuple[httpx2.AsyncClient, Mongo], role: Role
) -> None:
    client, _ = service
    for route, required in guarded_routes(app_of(client)).items():
        method, path = route.split(" ")
        answer = await client.request(
            method,
            path.replace("{person_id}", str(PERSON["_id"]))
            .replace("{customer_id}", str(PERSON["customer_id"]))
            .replace("{export_id}", str(UUID(int=5))),
            headers=token(role),
        )
        allowed: frozenset[Permission] = PERMISSIONS[role]
        assert (answer.status_code != 403) == (required <= allowed), route
        assert (await client.request(method, path)).status_code == 401

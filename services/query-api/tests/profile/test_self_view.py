"""People see their own status, loans and applications, and no other person's."""

from collections.abc import AsyncIterator
from copy import copy
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.query_api.mongo import Mongo
from vinculo.query_api.person_document.schema import Person
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from ..query_service import make_generation, make_people, query_service, token
from .test_http import APPLICATION, ERASED, LOAN, customer

pytestmark = pytest.mark.servers

PERSON = customer()
PERSON["status"] = "enabled"
PERSON["loans"] = {
    "a": copy(LOAN),
    "b": {
        **LOAN,
        "loan_id": "L-0",
        "status": "refinanced",
        "active": False,
        "replaced_by_loan_id": "L-1",
    },
    "c": {**LOAN, "loan_id": "L-9", "status": "closed", "active": False},
}
PERSON["credit_applications"] = {"a": copy(APPLICATION)}
UNVERIFIED = next(p for p in make_people(50) if p["kind"] == "pre_customer")
UNVERIFIED["status"] = "pending_email_verification"
UNREGISTERED: Person = {"_id": UUID(int=67), "revision": 1, "application": {"version": 1}}


@pytest_asyncio.fixture
async def client(mongo_url: MongoUrl, bucket: MakeBucket) -> AsyncIterator[httpx2.AsyncClient]:
    made: tuple[httpx2.AsyncClient, Mongo]
    async with query_service(mongo_url("query"), bucket("exports")) as made:
        await make_generation(made[1], [PERSON, UNVERIFIED, ERASED, UNREGISTERED])
        yield made[0]


async def get_self_view(
    client: httpx2.AsyncClient, person_id: UUID, language: str = "es"
) -> httpx2.Response:
    headers = {**token(Role.APPLICANT, subject=person_id), "Accept-Language": language}
    return await client.get("/query/v1/me", headers=headers)


async def self_view_of(client: httpx2.AsyncClient, person: Person, language: str = "es") -> Any:
    response = await get_self_view(client, person["_id"], language)
    assert response.status_code == 200, response.text
    assert response.headers["content-language"] == language
    return response.json()


async def test_a_customer_sees_loans_and_applications_with_their_stages(
    client: httpx2.AsyncClient,
) -> None:
    shown = await self_view_of(client, PERSON)

    assert shown["person_id"] == str(PERSON["_id"])
    assert shown["customer_id"] == str(PERSON["customer_id"])
    assert (shown["status"], shown["status_in_words"]) == ("enabled", "Activo")
    assert shown["may_apply_for_credit"] is True
    assert shown["active_loans"] == 1
    assert [loan["loan_id"] for loan in shown["loans"]] == ["L-1", "L-9"]
    (refinanced,) = shown["refinanced_loans"]
    assert (refinanced["loan_id"], refinanced["replaced_by"]["loan_id"]) == ("L-0", "L-1")
    (application,) = shown["credit_applications"]
    assert (application["stage_name"], application["status_in_words"]) == ("Estudio", "en trámite")
    assert "as_of" in shown


async def test_a_pre_customer_has_no_customer_id_and_may_not_apply_yet(
    client: httpx2.AsyncClient,
) -> None:
    shown = await self_view_of(client, UNVERIFIED, "en")

    assert shown["customer_id"] is None
    assert (shown["kind_in_words"], shown["status_in_words"]) == (
        "Pre-customer",
        "Pending validation",
    )
    assert shown["may_apply_for_credit"] is False
    assert "refinanced_loans" not in shown
    assert shown["loans"] == shown["credit_applications"] == []


async def test_names_of_credit_systems_are_not_shown(
    client: httpx2.AsyncClient,
) -> None:
    assert str(LOAN["source"]) not in (await get_self_view(client, PERSON["_id"])).text


@pytest.mark.parametrize(
    ("person_id", "status"),
    [(UNREGISTERED["_id"], 404), (UUID(int=404), 404), (ERASED["_id"], 410)],
)
async def test_unknown_and_erased_people_see_nothing(
    client: httpx2.AsyncClient, person_id: UUID, status: int
) -> None:
    response = await get_self_view(client, person_id)

    assert response.status_code == status
    assert response.headers.get("retry-after") == ("1" if status == 404 else None)


async def test_staff_have_no_own_view(client: httpx2.AsyncClient) -> None:
    response = await client.get("/query/v1/me", headers=token(Role.ADMIN, subject=PERSON["_id"]))

    assert response.status_code == 403


async def test_no_parameter_selects_another_person(client: httpx2.AsyncClient) -> None:
    headers = token(Role.APPLICANT, subject=UNVERIFIED["_id"])
    response = await client.get(
        "/query/v1/me", params={"person_id": str(PERSON["_id"])}, headers=headers
    )

    assert response.json()["person_id"] == str(UNVERIFIED["_id"])
    assert (
        await client.get(f"/query/v1/people/{PERSON['_id']}", headers=headers)
    ).status_code == 403

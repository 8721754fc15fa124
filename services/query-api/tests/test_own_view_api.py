"""A person sees where they stand, in words, and nobody but themselves."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.query_api.mongo import Mongo
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from .query_service import begin_generation, query_service, some_people, token
from .test_profile_api import APPLICATION, ERASED, LOAN, customer

pytestmark = pytest.mark.servers

PERSON = customer() | {"status": "enabled", "kind": "customer"}
PERSON["loans"] = {
    "a": dict(LOAN),
    "b": {**LOAN, "loan_id": "L-0", "status": "refinanced", "replaced_by_loan_id": "L-1"},
    "c": {**LOAN, "loan_id": "L-9", "status": "closed"},
}
PERSON["credit_applications"] = {"a": dict(APPLICATION)}
WAITING = next(p for p in some_people(50) if p["kind"] == "pre_customer") | {
    "status": "pending_email_verification"
}
HALF = {"_id": UUID(int=67), "revision": 1, "application": {"version": 1}}


@pytest_asyncio.fixture
async def client(mongo_url: MongoUrl, bucket: MakeBucket) -> AsyncIterator[httpx2.AsyncClient]:
    made: tuple[httpx2.AsyncClient, Mongo]
    async with query_service(mongo_url("query"), bucket("exports")) as made:
        await begin_generation(made[1], [PERSON, WAITING, ERASED, HALF])
        yield made[0]


async def me(client: httpx2.AsyncClient, who: UUID, language: str = "es") -> httpx2.Response:
    headers = {**token(Role.APPLICANT, subject=who), "Accept-Language": language}
    return await client.get("/query/v1/me", headers=headers)


async def seen(client: httpx2.AsyncClient, person: dict[str, Any], language: str = "es") -> Any:
    answer = await me(client, person["_id"], language)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-language"] == language
    return answer.json()


async def test_a_customer_sees_loans_and_applications_with_their_stages(
    client: httpx2.AsyncClient,
) -> None:
    shown = await seen(client, PERSON)

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
    shown = await seen(client, WAITING, "en")

    assert shown["customer_id"] is None
    assert (shown["kind_in_words"], shown["status_in_words"]) == (
        "Pre-customer",
        "Pending validation",
    )
    assert shown["may_apply_for_credit"] is False
    assert "refinanced_loans" not in shown
    assert shown["loans"] == shown["credit_applications"] == []


async def test_nothing_that_the_credit_system_is_called_inside_is_shown(
    client: httpx2.AsyncClient,
) -> None:
    assert str(LOAN["source"]) not in (await me(client, PERSON["_id"])).text


@pytest.mark.parametrize(
    ("who", "status"), [(HALF["_id"], 404), (UUID(int=404), 404), (ERASED["_id"], 410)]
)
async def test_who_is_not_there_yet_or_no_more_sees_nothing(
    client: httpx2.AsyncClient, who: UUID, status: int
) -> None:
    answer = await me(client, who)

    assert answer.status_code == status
    assert answer.headers.get("retry-after") == ("1" if status == 404 else None)


async def test_staff_have_no_own_view(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/query/v1/me", headers=token(Role.ADMIN, subject=PERSON["_id"]))

    assert answer.status_code == 403


async def test_nobody_can_ask_for_another_person(client: httpx2.AsyncClient) -> None:
    headers = token(Role.APPLICANT, subject=WAITING["_id"])
    answer = await client.get(
        "/query/v1/me", params={"person_id": str(PERSON["_id"])}, headers=headers
    )

    assert answer.json()["person_id"] == str(WAITING["_id"])
    assert (
        await client.get(f"/query/v1/people/{PERSON['_id']}", headers=headers)
    ).status_code == 403

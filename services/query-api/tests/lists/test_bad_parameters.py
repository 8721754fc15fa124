"""Bad parameters are refused with a problem that names the field."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from vinculo.contracts.customer_registry import Status
from vinculo.query_api.lists.catalogue import ListName
from vinculo.query_api.periods import Preset
from vinculo.query_api.testing.generators import generate_people
from vinculo.query_api.testing.random_queries import ListRequest

from ..query_service import REQUIREMENTS
from .served_lists import VIEWER, ServedLists, ids, serve_lists

pytestmark = pytest.mark.servers

PEOPLE = list(generate_people(120, seed=8))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served() -> AsyncIterator[ServedLists]:
    async with serve_lists(PEOPLE, "motor") as each:
        yield each["motor"]


@pytest.mark.parametrize("name", ListName)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=personal.tokens", "sort"),
        ("sort=-unknown", "sort"),
        ("sort=--name", "sort"),
        ("sort=$where", "sort"),
        ("sort[$ne]=name", "sort[$ne]"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=1000000000", "limit"),
        ("limit=1e9", "limit"),
        ("limit[$gt]=1", "limit[$gt]"),
        ("status=active", "status.0"),
        ('status={"$ne":""}', "status.0"),
        ("status[$ne]=enabled", "status[$ne]"),
        ("status[]=enabled", "status[]"),
        ("&".join(["status=pending"] * 50), "status"),
        ("active_loans=1", "active_loans"),
        ('active_loans={"$gt":0}', "active_loans"),
        ("created_from=2026-03-01&created_to=2026-02-01", "created_from"),
        ("modified_from=2026-03-01&modified_to=2026-02-01", "modified_from"),
        ("created_from=10000-01-01", "created_from"),
        ("created_to=0000-01-01", "created_to"),
        ("created_to=1899-12-31", "created_to"),
        ("created_from=2026-02-30", "created_from"),
        ("created_from=1700006400", "created_from"),
        ("created_from=2026-02-01T00:00:00", "created_from"),
        ("created_from[$gt]=2026-01-01", "created_from[$gt]"),
        ("modified=sometime", "modified"),
        ("created=today&created_to=2026-02-01", "created"),
        ("blocked_by[$ne]=x", "blocked_by[$ne]"),
        ('blocked_by={"$ne":""}', "blocked_by"),
        ("q[$ne]=", "q[$ne]"),
        ("q[$regex]=.*", "q[$regex]"),
        ("q=" + "x" * 201, "q"),
        ("q=a+b+c+d+e+f+g+h+i", "q"),
        ("q=%ff%fe", "q"),
        ("q=%ed%a0%80", "q"),
        ("cursor=" + "A" * 2001, "cursor"),
        ("min_position=" + "A" * 5000, "min_position"),
        ("unknown=1", "unknown"),
        ("$where=1", "$where"),
    ],
)
async def test_the_invalid_field_is_named(
    served: ServedLists, name: ListName, query: str, field: str
) -> None:
    response = await served.client.get(f"/query/v1/{name}?{query}", headers=VIEWER)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("query", "accepted"),
    [
        ("pre-customers?blocked_by=nonsense", ", ".join(REQUIREMENTS)),
        ("registrations?blocked_by=documents", ", ".join(REQUIREMENTS)),
        ("pre-customers?concern=nonsense", "contested, disputed, undeliverable"),
        ("customers?active_loans=one", "none, some"),
        ("customers?status=nonsense", ", ".join(Status)),
        ("customers?status=pending_email_verification", "enabled, disabled, blocked, pending"),
        ("customers?created=sometime", ", ".join(Preset)),
        ("customers?sort=nonsense", "name, customer_id, status"),
        ("funnel?created=sometime", ", ".join(Preset)),
        ("funnel?channel=fax", "web, mobile"),
        ("funnel?project=nonsense", "default"),
        ("people/00000000-0000-0000-0000-000000000001/timeline?category=x", "application, credit"),
    ],
)
async def test_an_unknown_code_is_refused_with_the_accepted_ones(
    served: ServedLists, query: str, accepted: str
) -> None:
    response = await served.client.get(f"/query/v1/{query}", headers=VIEWER)
    (error,) = response.json()["errors"]

    assert response.status_code == 422
    assert error["field"].partition(".")[0] == query.partition("?")[2].partition("=")[0]
    assert all(code in error["message"] for code in accepted.split(", ")), error["message"]


async def test_a_requirement_that_only_people_have_is_accepted(served: ServedLists) -> None:
    people = await served.people()
    await people.update_one({"kind": "pre_customer"}, {"$set": {"blocked_by": ["former"]}})
    query = "/query/v1/pre-customers?blocked_by=former"
    response = await served.client.get(query, headers=VIEWER)

    assert response.status_code == 200
    assert response.json()["total_matching"] == 1


@pytest.mark.parametrize("query", ["q=%00", "sort=name%00", "cursor=%00", "blocked_by=a%00"])
async def test_the_null_character_is_refused(served: ServedLists, query: str) -> None:
    response = await served.client.get(f"/query/v1/customers?{query}", headers=VIEWER)

    assert response.status_code == 400
    assert response.json()["type"].endswith("nul-character")


@pytest.mark.parametrize(
    "q", [".*", "^", "m.r%C3%ADa", "(a%2B)%2B$", "[a-z]", "\\", "{$ne:1}", '{"$ne":""}', "$where"]
)
async def test_metacharacters_and_operators_are_plain_text(served: ServedLists, q: str) -> None:
    response = await served.client.get(f"/query/v1/customers?q={q}", headers=VIEWER)

    assert response.status_code == 200
    assert response.json()["items"] == []


@pytest.mark.parametrize(
    "other",
    [
        {"sort": "-name"},
        {"filters": {"status": ["enabled"]}},
        {"filters": {"q": "maria"}},
        {"filters": {"created": "today"}},
        {"list_name": ListName.REGISTRATIONS},
    ],
)
async def test_a_cursor_of_another_request_is_refused(
    served: ServedLists, other: dict[str, object]
) -> None:
    parameters: dict[str, object] = {"list_name": ListName.CUSTOMERS, "sort": "name", "limit": 5}
    page = await served.page(ListRequest(**parameters))  # type: ignore[arg-type]
    list_request = ListRequest(**(parameters | other))  # type: ignore[arg-type]
    response = await served.client.get(
        f"/query/v1/{list_request.list_name}",
        params=list_request.parameters() | {"cursor": page["next_cursor"]},
        headers=VIEWER,
    )

    assert response.status_code == 400
    assert response.json()["type"].endswith("cursor-invalid")


async def test_an_edited_cursor_is_refused(served: ServedLists) -> None:
    list_request = ListRequest(list_name=ListName.CUSTOMERS, sort="name", limit=5)
    cursor: str = (await served.page(list_request))["next_cursor"]
    for position in range(0, len(cursor) - 2, 7):
        edited = (
            cursor[:position] + ("A" if cursor[position] != "A" else "B") + cursor[position + 1 :]
        )
        response = await served.client.get(
            "/query/v1/customers",
            params=list_request.parameters() | {"cursor": edited},
            headers=VIEWER,
        )
        assert response.status_code == 400, position
        assert [error["field"] for error in response.json()["errors"]] == ["cursor"]


async def test_a_page_of_another_length_may_follow(served: ServedLists) -> None:
    list_request = ListRequest(list_name=ListName.CUSTOMERS, sort="name", limit=5)
    page = await served.page(list_request)
    longer = ListRequest(list_name=ListName.CUSTOMERS, sort="name", limit=7)

    assert len(ids(await served.page(longer, page["next_cursor"]))) == 7

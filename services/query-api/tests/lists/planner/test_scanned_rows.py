"""MongoDB examines about as many index keys for a page as the page has rows."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from math import sqrt
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.lists.catalogue import LISTS, ListName, PeopleList, Sort, sort_by
from vinculo.query_api.person_document.indexes import TOKENS_INDEX
from vinculo.query_api.person_document.schema import sort_value
from vinculo.query_api.testing.generators import DAYS, REQUIREMENTS, START
from vinculo.query_api.testing.random_queries import ListRequest, RandomQueries

from .query_explainer import PAGE, PEOPLE, QueryExplainer, explain_lists

pytestmark = pytest.mark.servers

FIRST_DAY = START.date()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def explainer() -> AsyncIterator[QueryExplainer]:
    async with explain_lists() as made:
        yield made


def _columns(people_list: PeopleList) -> list[str]:
    return [column.name for column in people_list.columns if column.sort_field]


def _random_cursor(people_list: PeopleList, sort: Sort, rng: random.Random) -> Cursor:
    """A cursor at a random person of the list."""
    listed = [person for person in PEOPLE if person["kind"] in people_list.kinds]
    person = rng.choice(listed)
    return Cursor(
        value=sort_value(person, sort.field),
        person_id=person["_id"],
        backward=rng.random() < 0.5,
    )


@pytest.mark.parametrize("name", ListName)
async def test_status_and_loans_are_free_in_every_order_at_every_depth(
    explainer: QueryExplainer, name: ListName
) -> None:
    rng = random.Random(name)  # noqa: S311 - the same requests in every run
    people_list = LISTS[name]
    for column in _columns(people_list):
        for sort in (column, f"-{column}"):
            filters: dict[str, Any] = {"status": rng.sample(people_list.statuses, 2)}
            filters |= rng.choice(({}, {"active_loans": "none"}, {"active_loans": "some"}))
            list_request = ListRequest(list_name=name, sort=sort, filters=rng.choice((filters, {})))
            cursor = _random_cursor(people_list, sort_by(people_list, sort), rng)
            for start in (None, cursor):
                explained = await explainer.page(list_request, start)
                assert explained.keys <= 4 * PAGE, (list_request, explained)
                assert "SORT" not in explained.stages, list_request


@pytest.mark.parametrize("sort", ["document_type", "-document_type"])
async def test_people_with_the_cursors_value_are_not_read_from_the_first_one(
    explainer: QueryExplainer, sort: str
) -> None:
    """At any depth in a document type, and with any other filter."""
    list_request = ListRequest(
        list_name=ListName.REGISTRATIONS,
        sort=sort,
        filters={"created_from": FIRST_DAY.isoformat(), "blocked_by": "income_fresh"},
    )
    order = sort_by(list_request.people_list, sort)
    same = sorted(p["_id"].bytes for p in PEOPLE if p["document_type"] == "CC")
    cursor = Cursor(value="CC", person_id=UUID(bytes=same[len(same) // 2]))
    by_type = next(
        plan
        for plan in explainer.plan(list_request, cursor).pages
        if plan.index == "by_document_type"
    )
    explained = await explainer.explain(by_type, order, cursor)

    assert explained.keys <= len(same) / 10, explained
    assert "SORT" not in explained.stages


@pytest.mark.parametrize("name", ListName)
@pytest.mark.parametrize("column", ["created", "modified"])
async def test_dates_are_free_in_their_own_order(
    explainer: QueryExplainer, name: ListName, column: str
) -> None:
    rng = random.Random(f"{name} {column}")  # noqa: S311 - likewise
    people_list = LISTS[name]
    shown = people_list.created_field if column == "created" else column
    if people_list.column(shown) is None:
        shown = people_list.created_field
    for days in (1, 30, 300):
        since = FIRST_DAY + timedelta(days=rng.randrange(DAYS - days))
        filters = {f"{column}_from": since.isoformat()}
        filters |= {f"{column}_to": (since + timedelta(days=days)).isoformat()}
        list_request = ListRequest(
            list_name=name, sort=rng.choice(("", "-")) + shown, filters=filters
        )
        explained = await explainer.page(list_request)
        if shown == people_list.created_field and column == "created":
            assert explained.keys <= 4 * PAGE, (list_request, explained)
        else:
            assert explained.keys <= 3 * sqrt(PAGE * len(PEOPLE)), (list_request, explained)


async def test_a_requirement_is_free_in_the_order_of_the_list(explainer: QueryExplainer) -> None:
    for requirement in REQUIREMENTS:
        list_request = ListRequest(
            list_name=ListName.PRE_CUSTOMERS,
            sort="-created",
            filters={"blocked_by": requirement},
        )
        explained = await explainer.page(list_request)
        assert explained.keys <= 4 * PAGE, explained
        assert "SORT" not in explained.stages


async def test_no_random_request_scans_all_people(explainer: QueryExplainer) -> None:
    """One condition costs at most the root of page times people, or a few times that by chance.

    Two common conditions that few people meet together cost as much as the rarer one.
    """
    rng = random.Random(9)  # noqa: S311 - likewise
    random_queries = RandomQueries(
        chance=rng,
        people=PEOPLE,
        first_day=FIRST_DAY,
        today=FIRST_DAY + timedelta(days=DAYS),
        requirements=REQUIREMENTS,
    )
    examined = []
    for _ in range(150):
        list_request = random_queries.next_request(searching=0.6)
        sort = sort_by(list_request.people_list, list_request.sort)
        cursor = _random_cursor(list_request.people_list, sort, rng)
        explained = await explainer.page(list_request, rng.choice((None, cursor)))
        examined.append(explained.keys)
    examined.sort()
    root = sqrt(PAGE * len(PEOPLE))
    assert examined[len(examined) // 2] <= root
    assert examined[int(len(examined) * 0.95)] <= 3 * root
    assert examined[-1] <= len(PEOPLE) / 2


@pytest.mark.parametrize(
    ("q", "bearers"),
    [
        ("zunilda", "n:zunilda"),
        ("begoña rodriguez", "n:begona"),
        ("rodriguez begoña", "n:begona"),
        ("rodríguez zunilda maría", "n:zunilda"),
    ],
)
@pytest.mark.parametrize("sort", ["name", "-number"])
async def test_a_search_reads_only_people_with_its_rarest_word(
    explainer: QueryExplainer, q: str, bearers: str, sort: str
) -> None:
    list_request = ListRequest(list_name=ListName.REGISTRATIONS, sort=sort, filters={"q": q})
    order = sort_by(list_request.people_list, sort)
    plan = next(p for p in explainer.plan(list_request).pages if p.index == TOKENS_INDEX)
    explained = await explainer.explain(plan, order)
    bearing = sum(any(t.startswith(bearers) for t in p["personal"]["tokens"]) for p in PEOPLE)

    assert 0 < bearing < len(PEOPLE) / 20
    assert explained.documents == bearing
    assert explained.keys <= 2 * bearing + 10


@pytest.mark.parametrize("q", ["300", "57300", "nobody.here@", "123456789012", "O'Brien-Xyz"])
async def test_a_rare_or_short_search_reads_little(explainer: QueryExplainer, q: str) -> None:
    list_request = ListRequest(list_name=ListName.CUSTOMERS, sort="name", filters={"q": q})
    explained = await explainer.page(list_request)

    assert explained.keys <= 300, explained


async def test_an_identifier_is_looked_up(explainer: QueryExplainer) -> None:
    person = next(p for p in PEOPLE if p["kind"] == "customer")
    for identifier in (person["_id"], person["customer_id"]):
        list_request = ListRequest(
            list_name=ListName.CUSTOMERS, sort="name", filters={"q": str(identifier)}
        )
        explained = await explainer.page(list_request)
        assert explained.keys <= 50, explained

"""What MongoDB looks at for a page: about as many index keys as it has rows, or whoever is rare."""

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
from vinculo.query_api.lists.planner.statistics import value_of
from vinculo.query_api.person_document.schema import TOKENS_INDEX
from vinculo.query_api.testing.generators import BEGINNING, DAYS, REQUIREMENTS
from vinculo.query_api.testing.random_queries import ListRequest, RandomQueries

from .explained_lists import PAGE, PEOPLE, Explaining, explaining_people

pytestmark = pytest.mark.servers

FIRST_DAY = BEGINNING.date()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def explaining() -> AsyncIterator[Explaining]:
    async with explaining_people() as made:
        yield made


def _columns(people_list: PeopleList) -> list[str]:
    return [column.name for column in people_list.columns if column.sort_field]


def _somewhere(people_list: PeopleList, sort: Sort, chance: random.Random) -> Cursor:
    """Beside someone of the list, wherever they stand."""
    listed = [person for person in PEOPLE if person["kind"] in people_list.kinds]
    person = chance.choice(listed)
    return Cursor(
        value=value_of(person, sort.field),
        person_id=person["_id"],
        backward=chance.random() < 0.5,
    )


@pytest.mark.parametrize("name", ListName)
async def test_status_and_loans_cost_nothing_in_any_order_at_any_depth(
    explaining: Explaining, name: ListName
) -> None:
    chance = random.Random(name)  # noqa: S311 - the same questions in every run
    people_list = LISTS[name]
    for column in _columns(people_list):
        for sort in (column, f"-{column}"):
            filters: dict[str, Any] = {"status": chance.sample(people_list.statuses, 2)}
            filters |= chance.choice(({}, {"active_loans": "none"}, {"active_loans": "some"}))
            question = ListRequest(list_name=name, sort=sort, filters=chance.choice((filters, {})))
            cursor = _somewhere(people_list, sort_by(people_list, sort), chance)
            for place in (None, cursor):
                explained = await explaining.page(question, place)
                assert explained.keys <= 4 * PAGE, (question, explained)
                assert "SORT" not in explained.stages, question


@pytest.mark.parametrize("sort", ["document_type", "-document_type"])
async def test_who_has_the_same_value_is_not_read_from_the_first_one_on(
    explaining: Explaining, sort: str
) -> None:
    """However deep in a document type one stands, and whatever else is asked."""
    question = ListRequest(
        list_name=ListName.REGISTRATIONS,
        sort=sort,
        filters={"created_from": FIRST_DAY.isoformat(), "blocked_by": "income_fresh"},
    )
    order = sort_by(question.people_list, sort)
    same = sorted(p["_id"].bytes for p in PEOPLE if p["document_type"] == "CC")
    cursor = Cursor(value="CC", person_id=UUID(bytes=same[len(same) // 2]))
    by_type = next(
        plan
        for plan in explaining.planner(question).page(order, limit=PAGE, cursor=cursor)
        if plan.index == "by_document_type"
    )
    explained = await explaining.by(by_type, order, cursor)

    assert explained.keys <= len(same) / 10, explained
    assert "SORT" not in explained.stages


@pytest.mark.parametrize("name", ListName)
@pytest.mark.parametrize("column", ["created", "modified"])
async def test_dates_cost_nothing_in_their_own_order(
    explaining: Explaining, name: ListName, column: str
) -> None:
    chance = random.Random(f"{name} {column}")  # noqa: S311 - likewise
    people_list = LISTS[name]
    shown = people_list.created_field if column == "created" else column
    if people_list.column(shown) is None:
        shown = people_list.created_field
    for days in (1, 30, 300):
        since = FIRST_DAY + timedelta(days=chance.randrange(DAYS - days))
        filters = {f"{column}_from": since.isoformat()}
        filters |= {f"{column}_to": (since + timedelta(days=days)).isoformat()}
        question = ListRequest(
            list_name=name, sort=chance.choice(("", "-")) + shown, filters=filters
        )
        explained = await explaining.page(question)
        if shown == people_list.created_field and column == "created":
            assert explained.keys <= 4 * PAGE, (question, explained)
        else:
            assert explained.keys <= 3 * sqrt(PAGE * len(PEOPLE)), (question, explained)


async def test_a_requirement_costs_nothing_in_the_order_of_the_list(explaining: Explaining) -> None:
    for requirement in REQUIREMENTS:
        question = ListRequest(
            list_name=ListName.PRE_CUSTOMERS,
            sort="-created",
            filters={"blocked_by": requirement},
        )
        explained = await explaining.page(question)
        assert explained.keys <= 4 * PAGE, explained
        assert "SORT" not in explained.stages


async def test_no_random_question_is_a_scan(explaining: Explaining) -> None:
    """One condition costs at most the root of page times people, or a few times that by chance.

    Two common ones that rarely meet cost the rarer of them.
    """
    chance = random.Random(9)  # noqa: S311 - likewise
    asker = RandomQueries(
        chance=chance,
        people=PEOPLE,
        first_day=FIRST_DAY,
        today=FIRST_DAY + timedelta(days=DAYS),
        requirements=REQUIREMENTS,
    )
    examined = []
    for _ in range(150):
        question = asker.question(searching=0.6)
        sort = sort_by(question.people_list, question.sort)
        cursor = _somewhere(question.people_list, sort, chance)
        explained = await explaining.page(question, chance.choice((None, cursor)))
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
async def test_a_search_looks_at_the_bearers_of_its_rarest_word_alone(
    explaining: Explaining, q: str, bearers: str, sort: str
) -> None:
    question = ListRequest(list_name=ListName.REGISTRATIONS, sort=sort, filters={"q": q})
    planner = explaining.planner(question)
    order = sort_by(question.people_list, sort)
    plan = next(p for p in planner.page(order, limit=PAGE, cursor=None) if p.index == TOKENS_INDEX)
    explained = await explaining.by(plan, order)
    bearing = sum(any(t.startswith(bearers) for t in p["personal"]["tokens"]) for p in PEOPLE)

    assert 0 < bearing < len(PEOPLE) / 20
    assert explained.documents == bearing
    assert explained.keys <= 2 * bearing + 10


@pytest.mark.parametrize("q", ["300", "57300", "nobody.here@", "123456789012", "O'Brien-Xyz"])
async def test_a_search_for_what_is_rare_or_short_reads_little(
    explaining: Explaining, q: str
) -> None:
    question = ListRequest(list_name=ListName.CUSTOMERS, sort="name", filters={"q": q})
    explained = await explaining.page(question)

    assert explained.keys <= 300, explained


async def test_an_identifier_is_looked_up(explaining: Explaining) -> None:
    person = next(p for p in PEOPLE if p["kind"] == "customer")
    for identifier in (person["_id"], person["customer_id"]):
        question = ListRequest(
            list_name=ListName.CUSTOMERS, sort="name", filters={"q": str(identifier)}
        )
        explained = await explaining.page(question)
        assert explained.keys <= 50, explained

"""Every page of random questions is what looking at everybody gives, in number and order."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from vinculo.query_api.lists.query import MAX_COUNTED
from vinculo.query_api.testing.generators import BEGINNING, DAYS, REQUIREMENTS, generate_people
from vinculo.query_api.testing.random_queries import ListRequest, RandomQueries
from vinculo.query_api.testing.reference_lists import reference_list

from .served_people import Served, ids, serving
from .test_list_filters import BOGOTA

pytestmark = pytest.mark.servers

PEOPLE = list(generate_people(1_000, seed=11))
QUESTIONS = 100


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served() -> AsyncIterator[dict[str, Served]]:
    async with serving(PEOPLE, "motor", "pymongo") as each:
        yield each


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
@pytest.mark.parametrize("seed", range(3))
async def test_random_pages_are_those_of_a_full_scan(
    served: dict[str, Served], seed: int, driver: str
) -> None:
    chance = random.Random(f"{driver} {seed}")  # noqa: S311 - the same questions in every run
    first_day = BEGINNING.date()
    asker = RandomQueries(
        chance=chance,
        people=PEOPLE,
        first_day=first_day,
        today=first_day + timedelta(days=DAYS),
        requirements=REQUIREMENTS,
    )
    for _ in range(QUESTIONS):
        question = asker.question(limit=chance.randint(3, 60))
        today = datetime.now(UTC).astimezone(BOGOTA).date()
        found = reference_list(PEOPLE, question, zone=BOGOTA, today=today)
        expected = [str(person["_id"]) for person in found]
        pages = 1_000 if chance.random() < 0.02 else 2
        await _walk(served[driver], question, expected, pages)


async def _walk(served: Served, question: ListRequest, expected: list[str], pages: int) -> None:
    """So many pages forward, and as many back to the beginning."""
    page = await served.page(question)
    assert page["total_matching"] == min(len(expected), MAX_COUNTED), question
    seen = [ids(page)]
    while page["next_cursor"] is not None and len(seen) < pages:
        page = await served.page(question, page["next_cursor"])
        seen.append(ids(page))
    walked = [person_id for each in seen for person_id in each]
    assert walked == expected[: len(walked)], question
    assert page["next_cursor"] is not None or walked == expected, question
    for earlier in reversed(seen[:-1]):
        page = await served.page(question, page["previous_cursor"])
        assert ids(page) == earlier, question
    assert page["previous_cursor"] is None, question

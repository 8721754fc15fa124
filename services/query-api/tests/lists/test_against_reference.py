"""Pages of random requests equal the reference results, in number and order."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from vinculo.query_api.lists.query import MAX_COUNTED
from vinculo.query_api.testing.generators import DAYS, REQUIREMENTS, START, generate_people
from vinculo.query_api.testing.random_queries import ListRequest, RandomQueries
from vinculo.query_api.testing.reference_lists import reference_list

from .served_lists import ServedLists, ids, serve_lists
from .test_filters import BOGOTA

pytestmark = pytest.mark.servers

PEOPLE = list(generate_people(1_000, seed=11))
REQUESTS = 100


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served() -> AsyncIterator[dict[str, ServedLists]]:
    async with serve_lists(PEOPLE, "motor", "pymongo") as each:
        yield each


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
@pytest.mark.parametrize("seed", range(3))
async def test_random_pages_equal_a_full_scan(
    served: dict[str, ServedLists], seed: int, driver: str
) -> None:
    rng = random.Random(f"{driver} {seed}")  # noqa: S311 - the same requests in every run
    first_day = START.date()
    random_queries = RandomQueries(
        chance=rng,
        people=PEOPLE,
        first_day=first_day,
        today=first_day + timedelta(days=DAYS),
        requirements=REQUIREMENTS,
    )
    for _ in range(REQUESTS):
        list_request = random_queries.next_request(limit=rng.randint(3, 60))
        today = datetime.now(UTC).astimezone(BOGOTA).date()
        found = reference_list(PEOPLE, list_request, zone=BOGOTA, today=today)
        expected = [str(person["_id"]) for person in found]
        pages = 1_000 if rng.random() < 0.02 else 2
        await _page_through(served[driver], list_request, expected, pages)


async def _page_through(
    served: ServedLists, list_request: ListRequest, expected: list[str], pages: int
) -> None:
    """Read a number of pages forward, and then back to the beginning."""
    page = await served.page(list_request)
    assert page["total_matching"] == min(len(expected), MAX_COUNTED), list_request
    seen = [ids(page)]
    while page["next_cursor"] is not None and len(seen) < pages:
        page = await served.page(list_request, page["next_cursor"])
        seen.append(ids(page))
    paged_through = [person_id for each in seen for person_id in each]
    assert paged_through == expected[: len(paged_through)], list_request
    assert page["next_cursor"] is not None or paged_through == expected, list_request
    for earlier in reversed(seen[:-1]):
        page = await served.page(list_request, page["previous_cursor"])
        assert ids(page) == earlier, list_request
    assert page["previous_cursor"] is None, list_request

"""Random pages of the lists: any list, sort order, filter and depth."""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx2

from vinculo.query_api.lists.catalogue import LISTS, PeopleList

DATES = (None, "last_7_days", "last_30_days", "this_month", "last_month")
MAX_PAGES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesRequest:
    """A list with its parameters, and the number of pages to read."""

    path: str
    parameters: Mapping[str, str | Sequence[str]]
    pages: int


def random_pages(seed: int, count: int) -> list[PagesRequest]:
    """The requests, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - not for security
    lists = list(LISTS.values())
    return [_random_request(chance.choice(lists), chance) for _ in range(count)]


def _random_request(people_list: PeopleList, chance: random.Random) -> PagesRequest:
    sortable = [column.name for column in people_list.columns if column.sort_field is not None]
    parameters: dict[str, str | Sequence[str]] = {
        "sort": chance.choice(("", "-")) + chance.choice(sortable)
    }
    if chance.random() < 0.5:  # noqa: PLR2004 - a half
        some = chance.sample(people_list.statuses, chance.randint(1, 2))
        parameters["status"] = [status.value for status in some]
    if chance.random() < 0.3:  # noqa: PLR2004 - a share
        parameters["active_loans"] = chance.choice(("none", "some"))
    if (period := chance.choice(DATES)) is not None:
        parameters["created"] = period
    return PagesRequest(
        path=f"/{people_list.name}", parameters=parameters, pages=chance.randint(1, MAX_PAGES)
    )


async def fetch_pages(client: httpx2.AsyncClient, request: PagesRequest) -> list[float]:
    """The time of each page, in milliseconds."""
    times: list[float] = []
    parameters = dict(request.parameters)
    for _ in range(request.pages):
        started = time.perf_counter()
        response = await client.get(request.path, params=parameters)
        times.append((time.perf_counter() - started) * 1000)
        response.raise_for_status()
        cursor = response.json()["next_cursor"]
        if cursor is None:
            break
        parameters["cursor"] = cursor
    return times

"""Pages of the lists as an operator asks for them: any list, sort, filter, and how deep."""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx2

from vinculo.query_api.lists.catalogue import LISTS, PeopleList

DATES = (None, "last_7_days", "last_30_days", "this_month", "last_month")
DEEPEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One list with its parameters, and how many pages are gone through."""

    path: str
    parameters: Mapping[str, str | Sequence[str]]
    pages: int


def random_pages(seed: int, count: int) -> list[Asked]:
    """The same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - chooses pages, guards nothing
    lists = list(LISTS.values())
    return [_asked(chance.choice(lists), chance) for _ in range(count)]


def _asked(people_list: PeopleList, chance: random.Random) -> Asked:
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
    return Asked(
        path=f"/{people_list.name}", parameters=parameters, pages=chance.randint(1, DEEPEST)
    )


async def ask(client: httpx2.AsyncClient, asked: Asked) -> list[float]:
    """The time of each page, in milliseconds."""
    times: list[float] = []
    parameters = dict(asked.parameters)
    for _ in range(asked.pages):
        begun = time.perf_counter()
        answer = await client.get(asked.path, params=parameters)
        times.append((time.perf_counter() - begun) * 1000)
        answer.raise_for_status()
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
        parameters["cursor"] = cursor
    return times

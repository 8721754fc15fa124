"""P4 and P5: pages of lists, whatever is filtered, sorted and searched, and at any depth."""

import time
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from pymongo.errors import ExecutionTimeout
from rich.progress import track

from bench.environment import BenchEnvironment
from bench.findings import Finding, percentile, percentiles
from bench.lists.asking import LONGEST_MS, PAGE, Asked, Asking, anywhere, asking_about, status_alone
from bench.lists.oracle import everybody, is_right
from bench.people import projected
from vinculo.query_api.mongo import MAX_QUERY_MS
from vinculo.query_api.testing.random_queries import ListRequest

WARMING_UP = 40
MOST_RATIO = 3.0
MOST_KEYS_PER_ROW = 4
LEAST_TIMES_FASTER = 10.0
COMPARED_WITH_EVERYBODY = 500

Each = TypeVar("Each")


async def measure(stage: BenchEnvironment) -> list[Finding]:
    """P4 and P5, over the same people."""
    sizes = stage.sizes
    async with asking_about(await projected(stage, sizes.people)) as (asking, asker):
        numbers = range(sizes.questions)
        anything = [anywhere(asker.next_request(searching=0), asker) for _ in numbers]
        status = [anywhere(status_alone(asker), asker) for _ in numbers]
        searches = [
            Asked.first_page(asker.next_request(searching=0.7)) for _ in range(sizes.searches)
        ]
        findings = [
            await _pages(stage, asking, "P4", anything),
            await _pages(stage, asking, "P4, status", status),
            await _searches(stage, asking, searches),
        ]
    return [*findings, await _compared(stage)]


async def _compared(stage: BenchEnvironment) -> Finding:
    """Over the smallest population of P10, as everybody is looked at for every question."""
    async with asking_about(await projected(stage, stage.sizes.growth[0])) as (asking, asker):
        people = await everybody(asking)
        questions = [asker.next_request(searching=0.6) for _ in range(COMPARED_WITH_EVERYBODY)]
        wrong = 0
        for question in _shown(stage, "P5, oracle", questions):
            wrong += not await is_right(asking, question, people)
    return Finding(
        id="P5, oracle",
        what=f"first pages and totals of {len(questions)} random questions over "
        f"{len(people):,} people",
        against="looking at everybody, one after another",
        measured=f"{wrong} differ",
        goal="none differs",
        met=wrong == 0,
    )


async def _pages(
    stage: BenchEnvironment, asking: Asking, row: str, questions: Sequence[Asked]
) -> Finding:
    """A first page without filters and a page in question take turns."""
    first_pages: list[float] = []
    times: list[float] = []
    given_up = 0
    for number, asked in enumerate(_shown(stage, row, questions)):
        plain = Asked.first_page(
            ListRequest(
                list_name=asked.people_filter.people_list.name,
                sort=asked.people_filter.people_list.default_sort,
            )
        )
        baseline = await _timed(asking.answered(plain))
        try:
            measured = await _timed(asking.answered(asked))
        except ExecutionTimeout:
            measured = MAX_QUERY_MS
            given_up += 1
        if number >= WARMING_UP:
            first_pages.append(baseline)
            times.append(measured)
    keys = [await asking.keys_examined(asked) for asked in questions]
    within = sum(each <= MOST_KEYS_PER_ROW * PAGE for each in keys) / len(keys)
    ratio = percentile(times, 99) / percentile(first_pages, 99)
    return Finding(
        id=row,
        what=f"page of {PAGE} of {stage.sizes.people:,} people, random status and loans"
        f"{'' if 'status' in row else ', dates, requirement'}, any sort, any depth, with its "
        f"totals; {within * 100:.0f} % of them examine at most {MOST_KEYS_PER_ROW} keys per row, "
        f"p99 {percentile(keys, 99):,.0f} keys; {given_up or 'none'} given up after "
        f"{MAX_QUERY_MS // 1000} s",
        against="first page of the same lists without any filter, in turns",
        measured=f"{_milliseconds(times)} against {_milliseconds(first_pages)}",
        ratio=f"{ratio:.1f} times at p99",
        goal=f"≤ {MOST_RATIO:.0f} times",
        met=ratio <= MOST_RATIO,
        points={
            "ratios": [ratio],
            "goal": [MOST_RATIO],
            "most": [1],
            "first": percentiles(first_pages),
            "any": percentiles(times),
        },
    )


async def _searches(stage: BenchEnvironment, asking: Asking, questions: Sequence[Asked]) -> Finding:
    """Both answer each question in turn, sometimes one first, sometimes the other."""
    times: dict[bool, list[float]] = {True: [], False: []}
    different = given_up = left_off = 0
    for number, asked in enumerate(_shown(stage, "P5", questions)):
        found: dict[bool, list[UUID]] = {}
        for planned in (number % 2 == 0, number % 2 == 1):
            find = asking.planned if planned else asking.left_to_mongodb
            begun = time.perf_counter()
            with suppress(ExecutionTimeout):
                found[planned] = await find(asked)
            times[planned].append((time.perf_counter() - begun) * 1000)
        page, theirs_page = found.get(True), found.get(False)
        given_up += page is None
        left_off += theirs_page is None
        different += None not in (page, theirs_page) and page != theirs_page
    ours, theirs = times[True], times[False]
    ratio, at_p99 = (percentile(theirs, p) / percentile(ours, p) for p in (95, 99))
    return Finding(
        id="P5",
        what=f"{len(questions)} first pages of random searches, filters and sorts over "
        f"{stage.sizes.people:,} people, planned by the service; "
        f"{different or 'no'} pages differ, {given_up or 'none'} given up after "
        f"{MAX_QUERY_MS // 1000} s",
        against="the same with the plan left to MongoDB, with the same indexes; "
        f"{left_off or 'none'} given up after {LONGEST_MS // 1000} s",
        measured=f"{_milliseconds(ours)} against {_milliseconds(theirs)}",
        ratio=f"{ratio:.1f} times at p95, {at_p99:.1f} at p99",
        goal=f"≥ {LEAST_TIMES_FASTER:.0f} times, same pages",
        met=ratio >= LEAST_TIMES_FASTER and not different and not given_up,
        points={
            "ratios": [ratio],
            "goal": [LEAST_TIMES_FASTER],
            "planned": percentiles(ours),
            "left to MongoDB": percentiles(theirs),
        },
    )


def _shown(stage: BenchEnvironment, row: str, questions: Sequence[Each]) -> Iterable[Each]:
    return track(questions, description=row, console=stage.console, transient=True)


async def _timed(asked: Awaitable[object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    await asked
    return (time.perf_counter() - begun) * 1000


def _milliseconds(times: Sequence[float]) -> str:
    told = ", ".join(f"p{place} {percentile(times, place):,.1f}" for place in (50, 95, 99))
    return f"{told} ms"

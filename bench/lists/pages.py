"""P4 and P5: pages of lists with any filter, sort order and search, at any depth."""

import time
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from pymongo.errors import ExecutionTimeout
from rich.progress import track

from bench.environment import BenchEnvironment
from bench.findings import Finding, percentile, percentiles
from bench.lists.query_runner import (
    PAGE,
    UNPLANNED_TIMEOUT_MS,
    BenchQuery,
    QueryRunner,
    at_random_depth,
    only_status_and_loans,
    query_runner,
)
from bench.lists.reference_check import ReferencePages, equals_reference, people_in_chunks
from bench.people import projected
from vinculo.query_api.mongo import MAX_QUERY_MS
from vinculo.query_api.testing.random_queries import ListRequest

WARM_UP_PAGES = 40
MAX_RATIOS = {"P4": 6.0, "P4, status": 1.5}
MAX_KEYS_PER_ROW = 4
MIN_TIMES_FASTER = 10.0
MAX_COMPARED_REQUESTS = 500
MAX_CHECKS = 40_000_000
"""Of one person for one request: some 30 µs each, which bounds the row to about 20 minutes."""

Each = TypeVar("Each")


async def measure(environment: BenchEnvironment) -> list[Finding]:
    """P4 and P5, over the same people."""
    sizes = environment.sizes
    async with query_runner(await projected(environment, sizes.people)) as (runner, queries):
        numbers = range(sizes.questions)
        anything = [at_random_depth(queries.next_request(searching=0), queries) for _ in numbers]
        status = [at_random_depth(only_status_and_loans(queries), queries) for _ in numbers]
        searches = [
            BenchQuery.first_page(queries.next_request(searching=0.7))
            for _ in range(sizes.searches)
        ]
        findings = [
            await _pages(environment, runner, "P4", anything),
            await _pages(environment, runner, "P4, status", status),
            await _searches(environment, runner, searches),
        ]
    compared = dict.fromkeys((sizes.growth[0], sizes.people))
    return [*findings, *[await _compared(environment, each) for each in compared]]


async def _compared(environment: BenchEnvironment, people: int) -> Finding:
    """With fewer requests over many people, because each is compared with all of them."""
    async with query_runner(await projected(environment, people)) as (runner, queries):
        count = min(MAX_COMPARED_REQUESTS, MAX_CHECKS // people)
        expected = [ReferencePages(queries.next_request(searching=0.6)) for _ in range(count)]
        checked = 0
        with environment.console.status("") as status:
            async for chunk in people_in_chunks(runner):
                for each in expected:
                    each.add(chunk)
                checked += len(chunk)
                status.update(f"P5, oracle: {checked:,} people checked for {count} requests")
        wrong = 0
        for each in expected:
            wrong += not await equals_reference(runner, each)
    return Finding(
        id="P5, oracle",
        what=f"first pages and totals of {count} random requests over {checked:,} people",
        against="checking all people, one after another",
        measured=f"{wrong} differ",
        goal="none differs",
        met=wrong == 0,
    )


async def _pages(
    environment: BenchEnvironment, runner: QueryRunner, row: str, queries: Sequence[BenchQuery]
) -> Finding:
    """Each page is measured after the first page of its list without filters."""
    first_pages: list[float] = []
    times: list[float] = []
    timed_out = 0
    for number, query in enumerate(_with_progress(environment, row, queries)):
        plain = BenchQuery.first_page(
            ListRequest(
                list_name=query.people_filter.people_list.name,
                sort=query.people_filter.people_list.default_sort,
            )
        )
        baseline = await _timed(runner.execute(plain))
        try:
            measured = await _timed(runner.execute(query))
        except ExecutionTimeout:
            measured = MAX_QUERY_MS
            timed_out += 1
        if number >= WARM_UP_PAGES:
            first_pages.append(baseline)
            times.append(measured)
    keys = [await runner.examined_keys(query) for query in queries]
    within = sum(each <= MAX_KEYS_PER_ROW * PAGE for each in keys) / len(keys)
    ratio = percentile(times, 99) / percentile(first_pages, 99)
    return Finding(
        id=row,
        what=f"page of {PAGE} of {environment.sizes.people:,} people, random status and loans"
        f"{'' if 'status' in row else ', dates, requirement'}, any sort, any depth, with "
        f"totals; {within * 100:.0f} % of them examine at most {MAX_KEYS_PER_ROW} keys per row, "
        f"p99 {percentile(keys, 99):,.0f} keys; {timed_out or 'none'} timed out after "
        f"{MAX_QUERY_MS // 1000} s",
        against="first page of the same lists without any filter, in turns",
        measured=f"{_milliseconds(times)} against {_milliseconds(first_pages)}",
        ratio=f"{ratio:.1f} times at p99",
        goal=f"≤ {MAX_RATIOS[row]:g} times",
        met=ratio <= MAX_RATIOS[row],
        points={
            "ratios": [ratio],
            "goal": [MAX_RATIOS[row]],
            "most": [1],
            "first": percentiles(first_pages),
            "any": percentiles(times),
        },
    )


async def _searches(
    environment: BenchEnvironment, runner: QueryRunner, queries: Sequence[BenchQuery]
) -> Finding:
    """Both kinds of plan run each query, in alternating order."""
    times: dict[bool, list[float]] = {True: [], False: []}
    different = timed_out = unplanned_timed_out = 0
    for number, query in enumerate(_with_progress(environment, "P5", queries)):
        found: dict[bool, list[UUID]] = {}
        for planned in (number % 2 == 0, number % 2 == 1):
            find = runner.find_planned if planned else runner.find_unplanned
            started = time.perf_counter()
            with suppress(ExecutionTimeout):
                found[planned] = await find(query)
            times[planned].append((time.perf_counter() - started) * 1000)
        page, unplanned_page = found.get(True), found.get(False)
        timed_out += page is None
        unplanned_timed_out += unplanned_page is None
        different += None not in (page, unplanned_page) and page != unplanned_page
    planned_times, unplanned_times = times[True], times[False]
    ratio, at_p99 = (
        percentile(unplanned_times, p) / percentile(planned_times, p) for p in (95, 99)
    )
    return Finding(
        id="P5",
        what=f"{len(queries)} first pages of random searches, filters and sorts over "
        f"{environment.sizes.people:,} people, planned by the service; "
        f"{different or 'no'} pages differ, {timed_out or 'none'} timed out after "
        f"{MAX_QUERY_MS // 1000} s",
        against="the same with the plan left to MongoDB, with the same indexes; "
        f"{unplanned_timed_out or 'none'} timed out after {UNPLANNED_TIMEOUT_MS // 1000} s",
        measured=f"{_milliseconds(planned_times)} against {_milliseconds(unplanned_times)}",
        ratio=f"{ratio:.1f} times at p95, {at_p99:.1f} at p99",
        goal=f"≥ {MIN_TIMES_FASTER:.0f} times, same pages",
        met=ratio >= MIN_TIMES_FASTER and not different and not timed_out,
        points={
            "ratios": [ratio],
            "goal": [MIN_TIMES_FASTER],
            "planned": percentiles(planned_times),
            "left to MongoDB": percentiles(unplanned_times),
        },
    )


def _with_progress(
    environment: BenchEnvironment, row: str, items: Sequence[Each]
) -> Iterable[Each]:
    return track(items, description=row, console=environment.console, transient=True)


async def _timed(operation: Awaitable[object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    await operation
    return (time.perf_counter() - started) * 1000


def _milliseconds(times: Sequence[float]) -> str:
    figures = ", ".join(f"p{n} {percentile(times, n):,.1f}" for n in (50, 95, 99))
    return f"{figures} ms"

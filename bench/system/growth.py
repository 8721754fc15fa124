"""P10: cost of one page, one append and one exported row as the number of people grows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.environment import BenchEnvironment
from bench.findings import Finding, percentile
from bench.lists.random_pages import fetch_pages, random_pages
from bench.people import projected
from bench.query_service import export, query_service
from bench.store.append import POOL_SIZE, AppendCandidates
from vinculo.eventstore import PostgresEventStore, create_engine
from vinculo.testing.databases import connected

MAX_GROWTH = 1.5
EVENTS_PER_STREAM = 4
EXPORTS = 3
FILL_STREAMS = """
INSERT INTO streams (stream_id, subject, version)
SELECT 'payment-' || person, person, $2
FROM (SELECT gen_random_uuid() AS person FROM generate_series(1, $1)) AS people
"""
FILL_EVENTS = """
INSERT INTO events (stream_id, version, event_id, subject, type, data, meta)
SELECT stream_id, number, gen_random_uuid(), subject, 'payment-recorded.v1',
       jsonb_build_object('reference', repeat('deducted by the payer ', 14)), '{}'
FROM streams, generate_series(1, $1) AS number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The measurements with one number of people."""

    people: int
    page_p50_ms: float
    page_p99_ms: float
    export_rows_per_second: float
    appends_per_second: float


async def measure(environment: BenchEnvironment) -> list[Finding]:
    costs = []
    for people in environment.sizes.growth:
        pages, rows = await _lists(environment, people)
        costs.append(
            Cost(
                people=people,
                page_p50_ms=percentile(pages, 50),
                page_p99_ms=percentile(pages, 99),
                export_rows_per_second=rows,
                appends_per_second=await _appends(environment, people),
            )
        )
        environment.console.print(f"[dim]P10:[/] {costs[-1]}", highlight=False)
    return findings(costs)


async def _lists(environment: BenchEnvironment, people: int) -> tuple[list[float], float]:
    """Times of pages in milliseconds, and rows per second of an export of all people."""
    population = await projected(environment, people)
    export_request = {"list": "registrations", "format": "csv", "locale": "es"}
    async with query_service(population, exporting=True) as client:
        with environment.console.status(f"P10: pages of {people:,} people"):
            for request in random_pages(0, environment.sizes.pages // 2):
                await fetch_pages(client, request)
            times = []
            for request in random_pages(1, environment.sizes.pages):
                times += await fetch_pages(client, request)
        speeds = []
        for number in range(EXPORTS):
            with environment.console.status(f"P10: export {number + 1} of {people:,} people"):
                started = time.perf_counter()
                finished = await export(client, export_request)
                speeds.append(int(str(finished["rows"])) / (time.perf_counter() - started))
    return times, median(speeds)


async def _appends(environment: BenchEnvironment, people: int) -> float:
    """Appends per second by sixteen clients, in a store with one stream per person."""
    url = await environment.event_database()
    with environment.console.status(f"P10: filling a store with {people:,} streams"):
        async with connected(url) as connection:
            await connection.execute(FILL_STREAMS, people, EVENTS_PER_STREAM, timeout=None)
            await connection.execute(FILL_EVENTS, EVENTS_PER_STREAM, timeout=None)
            await connection.execute("VACUUM ANALYZE", timeout=None)
    engine = create_engine(url, pool_size=POOL_SIZE)
    try:
        candidates = AppendCandidates(PostgresEventStore(engine), [], environment.sizes.appends)
        speeds = []
        for number in range(environment.sizes.rounds + 1):
            with environment.console.status(f"P10: appends to a store with {people:,} streams"):
                speed = (await candidates.store_appends())["store"]
            if number:
                speeds.append(speed)
    finally:
        await engine.dispose()
    return median(speeds)


def findings(costs: Sequence[Cost]) -> list[Finding]:
    """The cost of one unit with the most people, relative to the fewest."""
    few, many = costs[0], costs[-1]
    sizes = ", ".join(f"{cost.people:,}" for cost in costs)
    return [
        _growth_finding(
            row="P10, page",
            what="a page of a list, as in P8, over HTTP",
            sizes=sizes,
            measured="p50 " + " · ".join(f"{cost.page_p50_ms:,.1f}" for cost in costs) + " ms, "
            "p99 " + " · ".join(f"{cost.page_p99_ms:,.1f}" for cost in costs) + " ms",
            growth=many.page_p50_ms / few.page_p50_ms,
            points=[(cost.people, cost.page_p50_ms) for cost in costs],
        ),
        _growth_finding(
            row="P10, append",
            what=f"an append, as in P1, to a store with a stream of {EVENTS_PER_STREAM} events per "
            "person",
            sizes=sizes,
            measured=" · ".join(f"{cost.appends_per_second:,.0f}" for cost in costs) + " events/s",
            growth=few.appends_per_second / many.appends_per_second,
            points=[(cost.people, 1000 / cost.appends_per_second) for cost in costs],
        ),
        _growth_finding(
            row="P10, export",
            what="a row of a CSV of all people, from the request until it can be downloaded",
            sizes=sizes,
            measured=" · ".join(f"{cost.export_rows_per_second:,.0f}" for cost in costs)
            + " rows/s",
            growth=few.export_rows_per_second / many.export_rows_per_second,
            points=[(cost.people, 1000 / cost.export_rows_per_second) for cost in costs],
        ),
    ]


def _growth_finding(
    *,
    row: str,
    what: str,
    sizes: str,
    measured: str,
    growth: float,
    points: Sequence[tuple[int, float]],
) -> Finding:
    return Finding(
        id=row,
        what=what,
        against=f"the same with fewer people: {sizes}",
        measured=measured,
        ratio=f"{growth:.2f} times",
        goal=f"≤ {MAX_GROWTH} times",
        met=growth <= MAX_GROWTH,
        points={"people": [people for people, _ in points], "ms": [cost for _, cost in points]},
    )

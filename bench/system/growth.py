"""P10: what one page, one append and one exported row cost as there are ever more people."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import asyncpg

from bench.findings import Finding, percentile
from bench.lists.random_pages import ask, random_pages
from bench.people import projected
from bench.query_service import export, query_service
from bench.stage import Stage
from bench.store.append import POOL_SIZE, Contestants
from vinculo.eventstore import PostgresEventStore, create_engine

MOST = 1.5
EVENTS_EACH = 4
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
    """What was measured with so many people there."""

    people: int
    page_p50_ms: float
    page_p99_ms: float
    export_rows_per_second: float
    appends_per_second: float


async def measure(stage: Stage) -> list[Finding]:
    costs = []
    for people in stage.sizes.growth:
        pages, rows = await _lists(stage, people)
        costs.append(
            Cost(
                people=people,
                page_p50_ms=percentile(pages, 50),
                page_p99_ms=percentile(pages, 99),
                export_rows_per_second=rows,
                appends_per_second=await _appends(stage, people),
            )
        )
        stage.console.print(f"[dim]P10:[/] {costs[-1]}", highlight=False)
    return findings(costs)


async def _lists(stage: Stage, people: int) -> tuple[list[float], float]:
    """Times of pages in milliseconds, and the rows a second of an export of everybody."""
    population = await projected(stage, people)
    wanted = {"list": "registrations", "format": "csv", "locale": "es"}
    async with query_service(population, exporting=True) as client:
        with stage.console.status(f"P10: pages of {people:,} people"):
            for asked in random_pages(0, stage.sizes.pages // 2):
                await ask(client, asked)
            times = []
            for asked in random_pages(1, stage.sizes.pages):
                times += await ask(client, asked)
        speeds = []
        for number in range(EXPORTS):
            with stage.console.status(f"P10: export {number + 1} of {people:,} people"):
                begun = time.perf_counter()
                told = await export(client, wanted)
                speeds.append(int(str(told["rows"])) / (time.perf_counter() - begun))
    return times, median(speeds)


async def _appends(stage: Stage, people: int) -> float:
    """Appends a second by sixteen clients, in a store that holds so many people's streams."""
    url = await stage.event_database()
    with stage.console.status(f"P10: a store of {people:,} streams is filled"):
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(FILL_STREAMS, people, EVENTS_EACH, timeout=None)
            await connection.execute(FILL_EVENTS, EVENTS_EACH, timeout=None)
            await connection.execute("VACUUM ANALYZE", timeout=None)
        finally:
            await connection.close()
    engine = create_engine(url, pool_size=POOL_SIZE)
    try:
        contestants = Contestants(PostgresEventStore(engine), [], stage.sizes.appends)
        speeds = []
        for number in range(stage.sizes.rounds + 1):
            with stage.console.status(f"P10: appends beside {people:,} streams"):
                speed = (await contestants.store_appends())["store"]
            if number:
                speeds.append(speed)
    finally:
        await engine.dispose()
    return median(speeds)


def findings(costs: Sequence[Cost]) -> list[Finding]:
    """Each says how many times as much one unit costs with the most people as with the fewest."""
    few, many = costs[0], costs[-1]
    sizes = ", ".join(f"{cost.people:,}" for cost in costs)
    return [
        _grown(
            row="P10, page",
            what="a page of a list, as in P8, over HTTP",
            sizes=sizes,
            measured="p50 " + " · ".join(f"{cost.page_p50_ms:,.1f}" for cost in costs) + " ms, "
            "p99 " + " · ".join(f"{cost.page_p99_ms:,.1f}" for cost in costs) + " ms",
            grown=many.page_p50_ms / few.page_p50_ms,
            points=[(cost.people, cost.page_p50_ms) for cost in costs],
        ),
        _grown(
            row="P10, append",
            what=f"an append, as in P1, beside so many streams of {EVENTS_EACH} events",
            sizes=sizes,
            measured=" · ".join(f"{cost.appends_per_second:,.0f}" for cost in costs) + " events/s",
            grown=few.appends_per_second / many.appends_per_second,
            points=[(cost.people, 1000 / cost.appends_per_second) for cost in costs],
        ),
        _grown(
            row="P10, export",
            what="a row of the CSV of everybody, from being asked for until it can be fetched",
            sizes=sizes,
            measured=" · ".join(f"{cost.export_rows_per_second:,.0f}" for cost in costs)
            + " rows/s",
            grown=few.export_rows_per_second / many.export_rows_per_second,
            points=[(cost.people, 1000 / cost.export_rows_per_second) for cost in costs],
        ),
    ]


def _grown(
    *,
    row: str,
    what: str,
    sizes: str,
    measured: str,
    grown: float,
    points: Sequence[tuple[int, float]],
) -> Finding:
    return Finding(
        id=row,
        what=what,
        against=f"the same with fewer people: {sizes}",
        measured=measured,
        ratio=f"{grown:.2f} times",
        goal=f"≤ {MOST} times",
        met=grown <= MOST,
        points={"people": [people for people, _ in points], "ms": [cost for _, cost in points]},
    )

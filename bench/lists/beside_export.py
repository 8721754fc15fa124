"""P8: times of pages while a file of all people is written, compared with no other load."""

import asyncio
from collections.abc import Sequence
from statistics import median

import httpx2

from bench.environment import BenchEnvironment
from bench.findings import Finding, percentile, percentiles
from bench.lists.random_pages import fetch_pages, random_pages
from bench.people import projected
from bench.query_service import export, query_service

MAX_RATIO = 1.5
EXPORT_REQUEST = {"list": "registrations", "format": "csv", "locale": "es"}


async def measure(environment: BenchEnvironment) -> list[Finding]:
    population = await projected(environment, environment.sizes.people)
    alone_by_round: list[list[float]] = []
    beside_by_round: list[list[float]] = []
    async with query_service(population, exporting=True) as client:
        for number in range(environment.sizes.rounds + 1):
            with environment.console.status(f"P8 round {number} of {environment.sizes.rounds}"):
                alone = await _pages(client, number, environment.sizes.pages)
                beside = await _beside_exports(client, number, environment.sizes.pages)
            environment.console.print(
                f"[dim]P8, round {number}:[/] p99 {percentile(alone, 99):,.0f} ms alone, "
                f"{percentile(beside, 99):,.0f} ms beside an export",
                highlight=False,
            )
            if number:
                alone_by_round.append(alone)
                beside_by_round.append(beside)
    return [finding(environment.sizes.people, alone_by_round, beside_by_round)]


async def _pages(client: httpx2.AsyncClient, seed: int, count: int) -> list[float]:
    times: list[float] = []
    for request in random_pages(seed, count):
        times += await fetch_pages(client, request)
    return times


async def _beside_exports(client: httpx2.AsyncClient, seed: int, count: int) -> list[float]:
    """The same pages, while one export after another runs."""
    ended = asyncio.Event()

    async def keep_exporting() -> None:
        while not ended.is_set():
            await export(client, EXPORT_REQUEST)

    exporting = asyncio.create_task(keep_exporting())
    try:
        return await _pages(client, seed, count)
    finally:
        ended.set()
        await exporting


def finding(
    people: int,
    alone_by_round: Sequence[Sequence[float]],
    beside_by_round: Sequence[Sequence[float]],
) -> Finding:
    """The goal applies to the median of the ratios of each round's 99th percentiles."""
    ratios = [
        percentile(beside, 99) / percentile(alone, 99)
        for alone, beside in zip(alone_by_round, beside_by_round, strict=True)
    ]
    alone = [each for times in alone_by_round for each in times]
    beside = [each for times in beside_by_round for each in times]
    return Finding(
        id="P8",
        what=f"pages of the lists, {people:,} people: any list, sort, filters, first to third "
        "page, one at a time over HTTP, while one CSV of all people after another is written",
        against="the same pages while nothing else runs",
        measured=f"p50 {percentile(beside, 50):,.1f} against {percentile(alone, 50):,.1f} ms, "
        f"p99 {percentile(beside, 99):,.1f} against {percentile(alone, 99):,.1f} ms "
        f"({len(beside)} pages)",
        ratio=f"{median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f})",
        goal=f"p99 ≤ {MAX_RATIO} times",
        met=median(ratios) <= MAX_RATIO,
        points={
            "ratios": ratios,
            "goal": [MAX_RATIO],
            "most": [1],
            "alone": percentiles(alone),
            "beside an export": percentiles(beside),
        },
    )

"""P8: what a list's pages cost while everybody is written into a file, beside the quiet."""

import asyncio
from collections.abc import Sequence
from statistics import median

import httpx2

from bench.environment import BenchEnvironment
from bench.findings import Finding, percentile, percentiles
from bench.lists.random_pages import ask, random_pages
from bench.people import projected
from bench.query_service import export, query_service

MOST = 2.5
WANTED = {"list": "registrations", "format": "csv", "locale": "es"}


async def measure(stage: BenchEnvironment) -> list[Finding]:
    population = await projected(stage, stage.sizes.people)
    quiet: list[list[float]] = []
    busy: list[list[float]] = []
    async with query_service(population, exporting=True) as client:
        for number in range(stage.sizes.rounds + 1):
            with stage.console.status(f"P8 round {number} of {stage.sizes.rounds}"):
                alone = await _pages(client, number, stage.sizes.pages)
                beside = await _beside_exports(client, number, stage.sizes.pages)
            stage.console.print(
                f"[dim]P8, round {number}:[/] p99 {percentile(alone, 99):,.0f} ms alone, "
                f"{percentile(beside, 99):,.0f} ms beside an export",
                highlight=False,
            )
            if number:
                quiet.append(alone)
                busy.append(beside)
    return [finding(stage.sizes.people, quiet, busy)]


async def _pages(client: httpx2.AsyncClient, seed: int, count: int) -> list[float]:
    times: list[float] = []
    for asked in random_pages(seed, count):
        times += await ask(client, asked)
    return times


async def _beside_exports(client: httpx2.AsyncClient, seed: int, count: int) -> list[float]:
    """The same pages; one export after another is under way until the last one is answered."""
    ended = asyncio.Event()

    async def keep_exporting() -> None:
        while not ended.is_set():
            await export(client, WANTED)

    exporting = asyncio.create_task(keep_exporting())
    try:
        return await _pages(client, seed, count)
    finally:
        ended.set()
        await exporting


def finding(
    people: int, quiet: Sequence[Sequence[float]], busy: Sequence[Sequence[float]]
) -> Finding:
    """The ratio is of each round's 99th percentiles, its median is judged."""
    ratios = [
        percentile(beside, 99) / percentile(alone, 99)
        for alone, beside in zip(quiet, busy, strict=True)
    ]
    alone = [each for times in quiet for each in times]
    beside = [each for times in busy for each in times]
    return Finding(
        id="P8",
        what=f"pages of the lists, {people:,} people: any list, sort, filters, first to third "
        "page, one at a time over HTTP, while one CSV of everybody after another is written",
        against="the same pages while nothing else runs",
        measured=f"p50 {percentile(beside, 50):,.1f} against {percentile(alone, 50):,.1f} ms, "
        f"p99 {percentile(beside, 99):,.1f} against {percentile(alone, 99):,.1f} ms "
        f"({len(beside)} pages)",
        ratio=f"{median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f})",
        goal=f"p99 ≤ {MOST} times",
        met=median(ratios) <= MOST,
        points={
            "ratios": ratios,
            "goal": [MOST],
            "most": [1],
            "alone": percentiles(alone),
            "beside an export": percentiles(beside),
        },
    )

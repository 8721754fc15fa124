"""P6: everybody as CSV, XLSX and PDF, beside the usual library of each format."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from statistics import median

from bench.environment import BenchEnvironment
from bench.findings import NONE, AtLeast, Finding, speed_finding
from bench.people import Population, projected
from bench.query_service import migrated
from bench.rounds import alternate

SERVICE, PLAIN = "service", "plain"
GOALS = {"csv": 2.5, "xlsx": 5.0, "pdf": 15.0}
LIBRARIES = {
    "csv": "the csv module",
    "xlsx": "xlsxwriter with constant_memory",
    "pdf": "reportlab's LongTable, cells in one line",
}
MOST_PLAIN_ROWS = {"csv": 1_000_000, "xlsx": 50_000, "pdf": 5_000}
"""Their speed does not depend on it, or gets worse."""
MOST_MEMORY = 1.1
SETTLED_ROWS = 600_000
"""With fewer, the memory that any export takes is not reached halfway."""


class ExportFailedError(Exception):
    """The process's own words are the message."""


async def measure(stage: BenchEnvironment) -> list[Finding]:
    people = stage.sizes.people
    population = await projected(stage, people)
    await migrated(population)
    findings = [await _speed(stage, population, name) for name in GOALS]
    return [*findings, await _memory(population)]


async def _speed(stage: BenchEnvironment, population: Population, file_format: str) -> Finding:
    def contestant(how: str) -> Callable[[], Awaitable[Mapping[str, float]]]:
        async def run() -> Mapping[str, float]:
            told = await written(population, how, file_format)
            return {how: told["rows"] / told["seconds"]}

        return run

    figures = await alternate(
        f"P6 {file_format}",
        {how: contestant(how) for how in (SERVICE, PLAIN)},
        rounds=stage.sizes.rounds,
        console=stage.console,
    )
    rows = min(population.people, MOST_PLAIN_ROWS[file_format])
    return speed_finding(
        row=f"P6, {file_format}",
        what=f"everybody in the list of registrations, {population.people:,} people, as "
        f"{file_format.upper()}: all that the exporter does but the upload",
        against=f"{LIBRARIES[file_format]} over a Motor cursor, the same cells, {rows:,} rows",
        unit="rows/s",
        subject=figures[SERVICE],
        ceiling=figures[PLAIN],
        goal=AtLeast(ratio=GOALS[file_format], as_factor=True),
    )


async def _memory(population: Population) -> Finding:
    told = {name: await written(population, SERVICE, name) for name in GOALS}
    ratios = [each["peak_mb"] / each["halfway_peak_mb"] for each in told.values()]
    is_judged = population.people >= SETTLED_ROWS
    return Finding(
        id="P6, memory",
        what=f"the most memory that a process takes for {population.people:,} people",
        against="the most it had taken halfway",
        measured=" · ".join(
            f"{name.upper()} {each['peak_mb']:,.0f} against {each['halfway_peak_mb']:,.0f}"
            for name, each in told.items()
        )
        + " MB",
        ratio=f"{median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})",
        goal=f"≤ {MOST_MEMORY} times" if is_judged else NONE,
        met=max(ratios) <= MOST_MEMORY if is_judged else None,
    )


async def written(population: Population, how: str, file_format: str) -> Mapping[str, float]:
    """What one file took, in a process of its own, so that its memory is its own too."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.exports.one_export"),
        *(how, file_format, str(MOST_PLAIN_ROWS[file_format])),
        env={**os.environ, **population.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaints = await process.communicate()
    if process.returncode != 0:
        raise ExportFailedError(complaints.decode()[-2000:])
    told: dict[str, float] = json.loads(said)
    return told

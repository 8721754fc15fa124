"""P6: all people as CSV, XLSX and PDF, compared with the usual library of each format."""

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
GOALS = {"csv": 3.5, "xlsx": 5.0, "pdf": 15.0}
LIBRARIES = {
    "csv": "the csv module",
    "xlsx": "xlsxwriter with constant_memory",
    "pdf": "reportlab's LongTable, cells in one line",
}
MAX_PLAIN_ROWS = {"csv": 1_000_000, "xlsx": 50_000, "pdf": 5_000}
"""With more rows their speed stays the same, or gets worse."""
MAX_MEMORY_RATIO = 1.1
MIN_ROWS_FOR_MEMORY = 600_000
"""With fewer rows, the memory that any export takes is not reached halfway."""


class ExportFailedError(Exception):
    """The message is the end of the process's error output."""


async def measure(environment: BenchEnvironment) -> list[Finding]:
    people = environment.sizes.people
    population = await projected(environment, people)
    await migrated(population)
    findings = [await _speed(environment, population, name) for name in GOALS]
    return [*findings, await _memory(population)]


async def _speed(
    environment: BenchEnvironment, population: Population, file_format: str
) -> Finding:
    def contestant(method: str) -> Callable[[], Awaitable[Mapping[str, float]]]:
        async def run() -> Mapping[str, float]:
            result = await measure_file(population, method, file_format)
            return {method: result["rows"] / result["seconds"]}

        return run

    figures = await alternate(
        f"P6 {file_format}",
        {method: contestant(method) for method in (SERVICE, PLAIN)},
        rounds=environment.sizes.rounds,
        console=environment.console,
    )
    rows = min(population.people, MAX_PLAIN_ROWS[file_format])
    return speed_finding(
        row=f"P6, {file_format}",
        what=f"all people in the list of registrations, {population.people:,} people, as "
        f"{file_format.upper()}: all steps of the exporter except the upload",
        against=f"{LIBRARIES[file_format]} over a Motor cursor, the same cells, {rows:,} rows",
        unit="rows/s",
        subject=figures[SERVICE],
        ceiling=figures[PLAIN],
        goal=AtLeast(ratio=GOALS[file_format], as_factor=True),
    )


async def _memory(population: Population) -> Finding:
    results = {name: await measure_file(population, SERVICE, name) for name in GOALS}
    ratios = [each["peak_mb"] / each["halfway_peak_mb"] for each in results.values()]
    is_judged = population.people >= MIN_ROWS_FOR_MEMORY
    return Finding(
        id="P6, memory",
        what=f"the most memory that a process takes for {population.people:,} people",
        against="the most it had taken halfway",
        measured=" · ".join(
            f"{name.upper()} {each['peak_mb']:,.0f} against {each['halfway_peak_mb']:,.0f}"
            for name, each in results.items()
        )
        + " MB",
        ratio=f"{median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})",
        goal=f"≤ {MAX_MEMORY_RATIO} times" if is_judged else NONE,
        met=max(ratios) <= MAX_MEMORY_RATIO if is_judged else None,
    )


async def measure_file(
    population: Population, method: str, file_format: str
) -> Mapping[str, float]:
    """Rows, seconds and memory of one file, which is written in a separate process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.exports.one_export"),
        *(method, file_format, str(MAX_PLAIN_ROWS[file_format])),
        env={**os.environ, **population.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    if process.returncode != 0:
        raise ExportFailedError(errors.decode()[-2000:])
    result: dict[str, float] = json.loads(output)
    return result

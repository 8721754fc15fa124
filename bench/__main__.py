"""`python -m bench`: measure the system against its ceilings and write the results table."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import screening
from bench.environment import FULL, QUICK, BenchEnvironment, Sizes, bench_environment
from bench.exports import files
from bench.findings import Finding
from bench.lists import beside_export, pages
from bench.read_model import populating, rebuild
from bench.report import results
from bench.report.document import render_document, summary_table, versions
from bench.report.plots import FIGURES, draw_plots
from bench.report.results import Circumstances
from bench.store import append, relay
from bench.system import cost_per_person, end_to_end_latency, growth, load
from vinculo.local.process_spec import StartFailedError

TERMINATED = 143
OUTPUT = Path("docs/benchmarks.md")


class Row(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    LISTS = "P4+P5"
    P6 = "P6"
    P7 = "P7"
    P8 = "P8"
    P9 = "P9"
    P10 = "P10"
    P12 = "P12"
    LOAD = "P-load"
    POPULATE = "P-populate"


MEASURED_FIRST = frozenset({Row.P7, Row.P9})
"""Rows that need an idle system."""

MEASURES: dict[Row, Callable[[BenchEnvironment], Awaitable[list[Finding]]]] = {
    Row.P1: append.measure,
    Row.P2: relay.measure,
    Row.P3: rebuild.measure,
    Row.LISTS: pages.measure,
    Row.P6: files.measure,
    Row.P7: end_to_end_latency.measure,
    Row.P8: beside_export.measure,
    Row.P9: cost_per_person.measure,
    Row.P10: growth.measure,
    Row.P12: screening.measure,
    Row.LOAD: load.measure,
    Row.POPULATE: populating.measure,
}

Only = Annotated[list[Row] | None, typer.Option(help="Measure only this row; repeatable.")]
Quick = Annotated[bool, typer.Option("--quick", help="Less work per round and fewer people.")]
Rounds = Annotated[int | None, typer.Option(min=1, help="Number of rounds.")]
People = Annotated[
    int | None,
    typer.Option(min=100, help="Number of people in the lists; default 1,000,000, quick 100,000."),
]
Name = Annotated[
    str | None,
    typer.Option(
        help="Keep the people on the servers under this name and reuse them in the next run."
    ),
]
Keep = Annotated[
    bool,
    typer.Option(help=f"Write the rows to {OUTPUT} (always done when all rows are measured)."),
]


def bench(
    *,
    only: Only = None,
    quick: Quick = False,
    rounds: Rounds = None,
    people: People = None,
    people_name: Name = None,
    keep: Keep = False,
) -> None:
    """Measure on the servers given by environment variables, or on servers started for it."""
    sizes = (QUICK if quick else FULL).with_people(people)
    sizes = replace(sizes, rounds=rounds or sizes.rounds)
    console = Console()
    rows = sorted(set(only), key=list(Row).index) if only else list(Row)
    try:
        findings, used_versions = asyncio.run(measure_rows(rows, sizes, console, people_name))
    except asyncio.CancelledError:
        raise typer.Exit(TERMINATED) from None
    except StartFailedError as failure:
        console.print(f"[red]{failure}[/]")
        raise typer.Exit(1) from None
    console.print(summary_table([finding for row in rows for finding in findings[row]]))
    if only and not keep:
        return
    circumstances = Circumstances(
        on=datetime.now(UTC).date(),
        machine=results.machine(),
        versions=used_versions,
        rounds=sizes.rounds,
        quick=quick,
    )
    stored = results.read(FIGURES)
    for row in rows:
        stored.put(row, findings[row], circumstances)
    results.write(stored, FIGURES)
    OUTPUT.write_text(render_document(stored, list(Row), draw_plots()), encoding="utf-8")
    console.print(f"written to {OUTPUT} and {FIGURES}")


async def measure_rows(
    rows: Sequence[Row], sizes: Sizes, console: Console, people_name: str | None
) -> tuple[dict[Row, list[Finding]], dict[str, str]]:
    """Findings by row and the versions used. Rows that need an idle system are measured first."""
    findings: dict[Row, list[Finding]] = {}
    task = asyncio.current_task()
    if task is not None:
        # On SIGTERM the servers are stopped too.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with bench_environment(sizes, console, people_name) as environment:
        used_versions = await versions(environment)
        for row in sorted(rows, key=lambda each: each not in MEASURED_FIRST):
            findings[row] = await MEASURES[row](environment)
    return findings, used_versions


if __name__ == "__main__":
    typer.run(bench)

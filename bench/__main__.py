"""`python -m bench`: measure the system beside its ceilings and write the table."""

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

from bench.exports import files
from bench.findings import Finding
from bench.lists import beside_export, pages
from bench.read_model import populating, rebuild
from bench.report import results
from bench.report.document import document, shown, versions
from bench.report.plots import FIGURES, draw
from bench.report.results import Circumstances
from bench.stage import FULL, QUICK, Sizes, Stage, stage
from bench.store import append, relay
from bench.system import growth, load, visible
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
    P10 = "P10"
    LOAD = "P-load"
    POPULATE = "P-populate"


MEASURES: dict[Row, Callable[[Stage], Awaitable[list[Finding]]]] = {
    Row.P1: append.measure,
    Row.P2: relay.measure,
    Row.P3: rebuild.measure,
    Row.LISTS: pages.measure,
    Row.P6: files.measure,
    Row.P7: visible.measure,
    Row.P8: beside_export.measure,
    Row.P10: growth.measure,
    Row.LOAD: load.measure,
    Row.POPULATE: populating.measure,
}

Only = Annotated[list[Row] | None, typer.Option(help="Only these rows; may be given repeatedly.")]
Quick = Annotated[bool, typer.Option("--quick", help="Less work per round, and fewer people.")]
Rounds = Annotated[int | None, typer.Option(min=1, help="How often everything takes its turn.")]
People = Annotated[
    int | None, typer.Option(min=100, help="In the lists; 100,000 when quick, else a million.")
]
Name = Annotated[
    str | None,
    typer.Option(help="Leave the people on the servers under this name, and find them there."),
]
Keep = Annotated[
    bool,
    typer.Option(help=f"Put the rows into {OUTPUT}; so it is when all rows are measured."),
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
    """Measure against ceilings, on the servers of the environment or on some of its own."""
    sizes = (QUICK if quick else FULL).with_people(people)
    sizes = replace(sizes, rounds=rounds or sizes.rounds)
    console = Console()
    rows = sorted(set(only), key=list(Row).index) if only else list(Row)
    try:
        found, used = asyncio.run(measured(rows, sizes, console, people_name))
    except asyncio.CancelledError:
        raise typer.Exit(TERMINATED) from None
    except StartFailedError as failure:
        console.print(f"[red]{failure}[/]")
        raise typer.Exit(1) from None
    console.print(shown([finding for row in rows for finding in found[row]]))
    if only and not keep:
        return
    how = Circumstances(
        on=datetime.now(UTC).date(),
        machine=results.machine(),
        versions=used,
        rounds=sizes.rounds,
        quick=quick,
    )
    known = results.read(FIGURES)
    for row in rows:
        known.put(row, found[row], how)
    results.write(known, FIGURES)
    OUTPUT.write_text(document(known, list(Row), draw()), encoding="utf-8")
    console.print(f"written to {OUTPUT} and {FIGURES}")


async def measured(
    rows: Sequence[Row], sizes: Sizes, console: Console, people_name: str | None
) -> tuple[dict[Row, list[Finding]], dict[str, str]]:
    """The findings by row, and what they were measured on; what needs an idle system goes first."""
    found: dict[Row, list[Finding]] = {}
    task = asyncio.current_task()
    if task is not None:
        # Ended from outside, the servers are to be stopped too.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with stage(sizes, console, people_name) as on_servers:
        used = await versions(on_servers)
        for row in sorted(rows, key=lambda each: each is not Row.P7):
            found[row] = await MEASURES[row](on_servers)
    return found, used


if __name__ == "__main__":
    typer.run(bench)

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

from . import append, load, rebuild, relay, visible
from .document import document, shown, versions
from .findings import Finding
from .population import EVENTS_EACH
from .stage import FULL, QUICK, Sizes, Stage, stage

TERMINATED = 143
OUTPUT = Path("docs/benchmarks.md")


class Row(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P7 = "P7"
    LOAD = "P-load"


MEASURES: dict[Row, Callable[[Stage], Awaitable[list[Finding]]]] = {
    Row.P1: append.measure,
    Row.P2: relay.measure,
    Row.P3: rebuild.measure,
    Row.P7: visible.measure,
    Row.LOAD: load.measure,
}

Only = Annotated[list[Row] | None, typer.Option(help="Only these rows; may be given repeatedly.")]
Quick = Annotated[bool, typer.Option("--quick", help="Less work per round, in five rounds.")]
Rounds = Annotated[int | None, typer.Option(min=1, help="How often everything takes its turn.")]
Events = Annotated[
    int | None,
    typer.Option(min=EVENTS_EACH, help="Events of P3; 200,000 when quick, else a million."),
]
Output = Annotated[
    Path | None,
    typer.Option(help=f"Where the table goes; {OUTPUT} when all rows are measured."),
]


def bench(
    only: Only = None,
    quick: Quick = False,  # noqa: FBT002 - an option of the command line
    rounds: Rounds = None,
    events: Events = None,
    output: Output = None,
) -> None:
    """Measure against ceilings, on the servers of the environment or on some of its own."""
    sizes = QUICK if quick else FULL
    sizes = replace(sizes, rounds=rounds or sizes.rounds, events=events or sizes.events)
    console = Console()
    rows = sorted(set(only)) if only else list(Row)
    try:
        findings, text = asyncio.run(measured(rows, sizes, console))
    except asyncio.CancelledError:
        raise typer.Exit(TERMINATED) from None
    console.print(shown(findings))
    place = output or (None if only else OUTPUT)
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        console.print(f"written to {place}")


async def measured(
    rows: Sequence[Row], sizes: Sizes, console: Console
) -> tuple[list[Finding], str]:
    """The findings in the order of their rows; what needs an idle system goes first."""
    found: dict[Row, list[Finding]] = {}
    task = asyncio.current_task()
    if task is not None:
        # Ended from outside, the servers are to be stopped too.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with stage(sizes, console) as on_servers:
        used = await versions(on_servers)
        for row in sorted(rows, key=lambda each: each is not Row.P7):
            found[row] = await MEASURES[row](on_servers)
    findings = [finding for row in rows for finding in found[row]]
    return findings, document(findings, used, sizes, datetime.now(UTC))


if __name__ == "__main__":
    typer.run(bench)

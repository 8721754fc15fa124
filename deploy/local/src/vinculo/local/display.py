"""Startup progress and addresses on the terminal."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from vinculo.local.state import PRINTED_PAGES
from vinculo.local.supervisor import StartStep

MARKS = {
    StartStep.WAITING: "[dim]·[/]",
    StartStep.STARTING: "[yellow]…[/]",
    StartStep.READY: "[green]✓[/]",
    StartStep.FAILED: "[red]✗[/]",
    StartStep.RESTARTED: "[red]↻[/]",
}


class StartDisplay:
    """A live table of components; without a terminal, a plain line per step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows: dict[str, tuple[StartStep, str]] = {}
        self._live = Live(console=console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, name: str, step: StartStep, detail: str = "") -> None:
        before, _ = self._rows.get(name, (None, ""))
        self._rows[name] = (step, detail)
        if self._console.is_terminal:
            self._live.update(self._table(), refresh=True)
        elif step is not before:
            self._console.print(f"{MARKS[step]} {name} {step} {detail}".rstrip(), soft_wrap=True)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for name, (step, detail) in self._rows.items():
            table.add_row(MARKS[step], name, f"[dim]{detail}[/]")
        return table


def print_addresses(console: Console, addresses: Iterable[tuple[str, str]], logs: str) -> None:
    """A line per address, and where the logs are."""
    table = Table.grid(padding=(0, 2))
    for label, address in addresses:
        table.add_row(label, f"[bold]{address}[/]" if label in PRINTED_PAGES else address)
    table.add_row("logs", logs)
    console.print(table, soft_wrap=True)

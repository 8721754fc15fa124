"""Alternating measurements, so that other load on the machine affects all candidates equally."""

import gc
from collections.abc import Awaitable, Callable, Mapping

from rich.console import Console

Run = Callable[[], Awaitable[Mapping[str, float]]]
"""Runs the work once; the measured figures by name."""


async def alternate(
    title: str, runs: Mapping[str, Run], *, rounds: int, console: Console
) -> dict[str, list[float]]:
    """Run all in turn, `rounds` times after a warm-up; lists of figures by name."""
    figures: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        label = f"round {number} of {rounds}" if number else "warming up"
        for name, run in runs.items():
            gc.collect()
            with console.status(f"{title}: {label}, {name}"):
                measured = await run()
            text = ", ".join(f"{each} {value:,.0f}" for each, value in measured.items())
            console.print(f"[dim]{title}, {label}:[/] {text}", highlight=False, soft_wrap=True)
            if number:
                for each, value in measured.items():
                    figures.setdefault(each, []).append(value)
    return figures

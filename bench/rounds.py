"""Taking turns, so that whatever else the machine does meets all contestants alike."""

import gc
from collections.abc import Awaitable, Callable, Mapping

from rich.console import Console

Run = Callable[[], Awaitable[Mapping[str, float]]]
"""Do the work once and give what was measured, by name."""


async def alternate(
    title: str, runs: Mapping[str, Run], *, rounds: int, console: Console
) -> dict[str, list[float]]:
    """Let all run in turn, `rounds` times after one that is not counted; give figures by name."""
    figures: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        place = f"round {number} of {rounds}" if number else "warming up"
        for name, run in runs.items():
            gc.collect()
            with console.status(f"{title}: {place}, {name}"):
                measured = await run()
            told = ", ".join(f"{each} {value:,.0f}" for each, value in measured.items())
            console.print(f"[dim]{title}, {place}:[/] {told}", highlight=False, soft_wrap=True)
            if number:
                for each, value in measured.items():
                    figures.setdefault(each, []).append(value)
    return figures

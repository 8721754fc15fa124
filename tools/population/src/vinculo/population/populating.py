"""Writing a population under a name and making its read model, unless it is there already."""

import logging
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vinculo.local.process_spec import StartFailedError
from vinculo.population.courses import standings
from vinculo.population.filling import default_processes, fill, make_log
from vinculo.population.inventing import Invention
from vinculo.population.namespace import Namespace, same_people
from vinculo.population.read_model import build_read_model

__all__ = ["Asked", "Invention", "Namespace", "default_processes", "populate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    invention: Invention
    until: datetime | None
    processes: int
    is_replaced: bool
    is_log_only: bool


async def populate(namespace: Namespace, asked: Asked, console: Console) -> None:
    """Raises StartFailedError, with what stands in the way."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    invention = asked.invention
    found = None if asked.is_replaced else await namespace.found()
    if found is None or not same_people(found, invention, asked.until):
        if found is not None:
            which = "other people" if found["events"] else "people whose writing broke off"
            raise StartFailedError(
                f"{namespace.name} holds {found['people']:,} {which}; "
                "--replace drops them, --name makes room beside them"
            )
        if asked.is_replaced:
            await namespace.drop()
        await _write(namespace, asked, console)
    else:
        console.print(f"{found['people']:,} people are there already.")
    if not asked.is_log_only:
        await build_read_model(namespace.environment(), console.print, processes=asked.processes)
    for (kind, status), number in sorted(standings(invention.people, invention.seed).items()):
        console.print(f"{number:>10,}  {kind.value} {status.value}")


async def _write(namespace: Namespace, asked: Asked, console: Console) -> None:
    await namespace.prepare()
    await make_log(namespace.log)
    await namespace.mark(asked.invention)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("people", total=asked.invention.people)

        def tell(people: int, events: int) -> None:
            progress.update(task, completed=people, description=f"people, {events:,} events")

        events = await fill(namespace.log, asked.invention, processes=asked.processes, tell=tell)
    await namespace.mark(asked.invention, events)

"""Writes a population under a name, unless it exists, and builds its read model."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vinculo.local.process_spec import StartFailedError
from vinculo.population.coordinator import default_processes, write_population
from vinculo.population.event_log import create_log_topics
from vinculo.population.lifecycles import expected_counts
from vinculo.population.namespace import Namespace, is_same_population
from vinculo.population.person_generator import PopulationSpec

__all__ = [
    "Namespace",
    "PopulationRequest",
    "PopulationSpec",
    "build_read_model",
    "default_processes",
    "populate",
]

MAX_ERROR_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationRequest:
    """`until` is None when the user named no day; `spec.until` is then today."""

    spec: PopulationSpec
    until: datetime | None
    processes: int
    is_replaced: bool
    is_log_only: bool


async def populate(namespace: Namespace, request: PopulationRequest, console: Console) -> None:
    """Raises StartFailedError when servers are missing or other people exist under the name."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    spec = request.spec
    existing = None if request.is_replaced else await namespace.read_mark()
    if existing is None or not is_same_population(existing, spec, request.until):
        if existing is not None:
            kind = "other people" if existing["events"] else "incompletely written people"
            raise StartFailedError(
                f"{namespace.name} holds {existing['people']:,} {kind}; "
                "delete them with --replace or choose another --name"
            )
        if request.is_replaced:
            await namespace.drop()
        await _write(namespace, request, console)
    else:
        console.print(f"{existing['people']:,} people exist already.")
    if not request.is_log_only:
        await build_read_model(namespace.environment(), console.print, processes=request.processes)
    for (kind, status), number in sorted(expected_counts(spec.people, spec.seed).items()):
        console.print(f"{number:>10,}  {kind.value} {status.value}")


async def _write(namespace: Namespace, request: PopulationRequest, console: Console) -> None:
    await namespace.create_databases()
    await create_log_topics(namespace.log)
    await namespace.write_mark(request.spec)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("people", total=request.spec.people)

        def report(people: int, events: int) -> None:
            progress.update(task, completed=people, description=f"people, {events:,} events")

        events = await write_population(
            namespace.log, request.spec, processes=request.processes, report=report
        )
    await namespace.write_mark(request.spec, events)


async def build_read_model(
    environment: Mapping[str, str], report: Callable[[str], None], *, processes: int | None = None
) -> None:
    """Run the query service's rebuild and report its output; raises StartFailedError."""
    options = [] if processes is None else ["--processes", str(processes)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "rebuild", *options),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output: list[str] = []
    try:
        if process.stdout is None:
            raise StartFailedError("the output of the rebuild could not be opened")
        async for line in process.stdout:
            output = [*output[1 - MAX_ERROR_LINES :], line.decode(errors="replace").strip()]
            report(output[-1])
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if code != 0:
        raise StartFailedError(f"the rebuild exited with {code}: {' '.join(output)}")

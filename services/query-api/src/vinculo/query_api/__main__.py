"""`python -m vinculo.query_api`: the service's processes and operators' commands.

Each command imports its own parts, or every process would pay for those of all others.
"""

# ruff: noqa: PLC0415

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import typer

from vinculo.events import utc_now
from vinculo.messaging.consumer import Consumer
from vinculo.messaging.dead_letter_commands import dead_letter_commands_of_all
from vinculo.process import service_command_line, settings_or_exit
from vinculo.query_api.settings import Settings


def api(host: str, port: int) -> None:
    """Serve lists, profiles and exports."""
    from vinculo.query_api.main import run_api

    run_api(settings_or_exit(Settings), host, port)


def projector(host: str, port: int) -> None:
    """Keep the read model up to date; the port serves health and metrics."""
    from vinculo.query_api.projector.dependencies import run_projector

    run_projector(settings_or_exit(Settings), host, port)


def exporter(host: str, port: int) -> None:
    """Write the files of exports; the port serves health and metrics."""
    from vinculo.query_api.exports.worker import ExporterSettings, run_exporter

    run_exporter(settings_or_exit(ExporterSettings), host, port)


async def run_migrate() -> None:
    """Make the first generation of the read model, all indexes and the bucket of exports."""
    from vinculo.query_api.main import migrate

    await migrate(settings_or_exit(Settings), utc_now())


def consumers() -> AbstractAsyncContextManager[list[Consumer]]:
    """One per served generation."""
    from vinculo.query_api.projector.dependencies import served_consumers

    return served_consumers(settings_or_exit(Settings))


app = service_command_line(
    description="Lists, profiles and exports, read from a projection of every topic.",
    processes=(("api", api), ("projector", projector), ("exporter", exporter)),
    migrate=run_migrate,
)
app.add_typer(dead_letter_commands_of_all(consumers), name="dead-letters")
generations = typer.Typer(no_args_is_help=True, help="The active read model and kept ones.")
app.add_typer(generations, name="generations")


@app.command(name="rebuild")
def run_rebuild(
    *,
    keep: Annotated[bool, typer.Option(help="Keep the old generation to go back to.")] = False,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Number of loading processes; by default one per core, up to 4."),
    ] = None,
) -> None:
    """Load a new generation from the beginning of the log and make it the active one."""
    from vinculo.query_api.commands import rebuild_read_model

    settings = settings_or_exit(Settings)
    _run(rebuild_read_model(settings, keep=keep, processes=processes))


@app.command(name="load-slice", hidden=True)
def run_slice(generation: str) -> None:
    """Load the partitions that standard input names; started by `rebuild`."""
    from vinculo.query_api.rebuild.orchestration import run_load_slice

    asyncio.run(run_load_slice(settings_or_exit(Settings), generation))


@generations.command(name="list")
def show_generations() -> None:
    """List all, with the active one and the progress of a rebuild."""
    from vinculo.query_api import commands

    _run(commands.list_generations(settings_or_exit(Settings)))


@generations.command()
def use(name: str) -> None:
    """Make another one active, once it lacks nothing that the active one has."""
    from vinculo.query_api import commands

    _run(commands.use_generation(settings_or_exit(Settings), name))


@generations.command()
def drop(name: str) -> None:
    """Drop one that is not active."""
    from vinculo.query_api import commands

    _run(commands.remove_generation(settings_or_exit(Settings), name))


def _run(command: Coroutine[None, None, int]) -> None:
    raise typer.Exit(asyncio.run(command))


if __name__ == "__main__":
    app()

"""`python -m vinculo.query_api`: the query service's processes and its operators' tools.

Each command imports its own parts, or every process would pay for those of all others.
"""

# ruff: noqa: PLC0415

import asyncio
from collections.abc import Coroutine
from typing import Annotated

import typer

from vinculo.process import settings_or_exit
from vinculo.query_api.settings import Settings

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
dead_letters = typer.Typer(no_args_is_help=True, help="Records that the projector set aside.")
app.add_typer(dead_letters, name="dead-letters")
generations = typer.Typer(no_args_is_help=True, help="The read model and those kept beside it.")
app.add_typer(generations, name="generations")


@app.callback()
def query_api() -> None:
    """Lists, profiles and exports, read from a projection of every topic."""


@app.command()
def api(port: Port, host: Host = "127.0.0.1") -> None:
    """Serve lists, profiles and exports."""
    from vinculo.query_api.api import run_api

    run_api(settings_or_exit(Settings), host, port)


@app.command()
def projector(port: Port, host: Host = "127.0.0.1") -> None:
    """Keep the read model up to date; the port serves health and metrics."""
    from vinculo.query_api.projection.main import run_projector

    run_projector(settings_or_exit(Settings), host, port)


@app.command()
def exporter(port: Port, host: Host = "127.0.0.1") -> None:
    """Make the files of exports; the port serves health and metrics."""
    from vinculo.query_api.exports.exporter import run_exporter

    run_exporter(settings_or_exit(Settings), host, port)


@app.command()
def migrate() -> None:
    """Make the first generation of the read model, its indexes and the exports' bucket."""
    from vinculo.query_api.migrate import migrate as run
    from vinculo.query_api.projection.process import utc_now

    asyncio.run(run(settings_or_exit(Settings), utc_now()))


@app.command()
def rebuild(
    *,
    keep: Annotated[bool, typer.Option(help="Keep the old generation to go back to.")] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, help="How many load at once; as many as cores, up to 4.")
    ] = None,
) -> None:
    """Fill a new generation from the log's beginning and switch to it."""
    from vinculo.query_api.projection.commands import rebuild_read_model

    settings = settings_or_exit(Settings)
    _run(rebuild_read_model(settings, keep=keep, processes=processes))


@app.command(hidden=True)
def load_share(generation: str) -> None:
    """Load the share of a rebuild that standard input names."""
    from vinculo.query_api.projection.rebuilding import load_one_share

    asyncio.run(load_one_share(settings_or_exit(Settings), generation))


@dead_letters.command(name="list")
def list_letters() -> None:
    """Name what was set aside, and why."""
    from vinculo.query_api.projection import commands

    _run(commands.list_letters(settings_or_exit(Settings)))


@dead_letters.command()
def replay() -> None:
    """Apply what can be applied now, in order, and release its streams."""
    from vinculo.query_api.projection import commands

    _run(commands.replay_letters(settings_or_exit(Settings)))


@dead_letters.command()
def discard(place: Annotated[str, typer.Argument(metavar="TOPIC/PARTITION/OFFSET")]) -> None:
    """Give one up: its version counts as skipped from the next replay on."""
    from vinculo.query_api.projection import commands

    _run(commands.discard(settings_or_exit(Settings), place))


@generations.command(name="list")
def list_generations() -> None:
    """Name each, the active one and how far a rebuild is."""
    from vinculo.query_api.projection import commands

    _run(commands.list_generations(settings_or_exit(Settings)))


@generations.command()
def use(name: str) -> None:
    """Have readers use another one, once it lacks nothing that the active one shows."""
    from vinculo.query_api.projection import commands

    _run(commands.use_generation(settings_or_exit(Settings), name))


@generations.command()
def drop(name: str) -> None:
    """Drop one that is not active."""
    from vinculo.query_api.projection import commands

    _run(commands.drop_generation(settings_or_exit(Settings), name))


def _run(command: Coroutine[None, None, int]) -> None:
    raise typer.Exit(asyncio.run(command))


if __name__ == "__main__":
    app()

"""`python -m vinculo.query_api`: the query service's processes and its operators' tools."""

import asyncio
from typing import Annotated

import typer

from vinculo.httpapi import settings_or_exit
from vinculo.query_api.settings import Settings

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
dead_letters = typer.Typer(no_args_is_help=True, help="Records that the projector set aside.")
app.add_typer(dead_letters, name="dead-letters")


@app.callback()
def query_api() -> None:
    """Lists, profiles and exports, read from a projection of every topic."""


@app.command()
def api(port: Port, host: Host = "127.0.0.1") -> None:
    """Serve lists, profiles and exports."""
    from vinculo.query_api.api import run_api  # noqa: PLC0415 - each process imports its own parts

    run_api(settings_or_exit(Settings), host, port)


@app.command()
def projector(port: Port, host: Host = "127.0.0.1") -> None:
    """Keep the read model up to date; the port serves health and metrics."""
    from vinculo.query_api.projection.main import run_projector  # noqa: PLC0415 - see above

    run_projector(settings_or_exit(Settings), host, port)


@app.command()
def exporter(port: Port, host: Host = "127.0.0.1") -> None:
    """Make the files of exports; the port serves health and metrics."""
    from vinculo.query_api.exports.exporter import run_exporter  # noqa: PLC0415 - see above

    run_exporter(settings_or_exit(Settings), host, port)


@app.command()
def migrate() -> None:
    """Make the first generation of the read model, its indexes and the exports' bucket."""
    from vinculo.query_api.migrate import migrate as run  # noqa: PLC0415 - see above
    from vinculo.query_api.projection.process import utc_now  # noqa: PLC0415 - see above

    asyncio.run(run(settings_or_exit(Settings), utc_now()))


@app.command()
def rebuild(
    keep: Annotated[bool, typer.Option(help="Keep the old generation to go back to.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Fill a new generation from the log's beginning and switch to it."""
    from vinculo.query_api.projection.loader import (  # noqa: PLC0415 - see above
        TopicsMissingError,
    )
    from vinculo.query_api.projection.process import rebuild as run  # noqa: PLC0415 - see above
    from vinculo.query_api.projection.rebuild import (  # noqa: PLC0415 - see above
        RebuildFailedError,
        RebuildRefusedError,
    )

    try:
        asyncio.run(run(settings_or_exit(Settings), keep=keep, say=typer.echo))
    except (RebuildFailedError, RebuildRefusedError, TopicsMissingError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@dead_letters.command(name="list")
def list_letters() -> None:
    """Name what was set aside, and why."""
    from vinculo.query_api.projection.dead_letters import listed  # noqa: PLC0415 - see above
    from vinculo.query_api.projection.process import projecting_parts  # noqa: PLC0415 - see above

    async def show() -> None:
        async with projecting_parts(settings_or_exit(Settings)) as parts:
            for letter in await listed(parts):
                typer.echo(f"{letter.name}\t{letter.attempts}\t{letter.error}")

    asyncio.run(show())


@dead_letters.command()
def replay() -> None:
    """Apply what can be applied now, in order, and release its streams."""
    from vinculo.query_api.projection.dead_letters import replay_all  # noqa: PLC0415 - see above
    from vinculo.query_api.projection.process import projecting_parts  # noqa: PLC0415 - see above

    async def run() -> bool:
        async with projecting_parts(settings_or_exit(Settings)) as parts:
            done = await replay_all(parts)
        for each in done:
            typer.echo(
                f"generation {each.generation}: {len(each.released)} streams released, "
                f"{len(each.still_waiting)} still waiting"
            )
            for place in each.failed:
                typer.echo(f"  still fails: {place}")
        return any(each.still_waiting for each in done)

    if asyncio.run(run()):
        raise typer.Exit(1)


@dead_letters.command()
def discard(place: Annotated[str, typer.Argument(metavar="TOPIC/PARTITION/OFFSET")]) -> None:
    """Give one up: its version counts as skipped from the next replay on."""
    from vinculo.query_api.projection.dead_letters import (  # noqa: PLC0415 - see above
        NotADeadLetterError,
        discard_letter,
    )
    from vinculo.query_api.projection.process import (  # noqa: PLC0415 - see above
        projecting_parts,
        utc_now,
    )

    async def run() -> None:
        async with projecting_parts(settings_or_exit(Settings)) as parts:
            fresh = await discard_letter(parts, place, utc_now())
        typer.echo("given up" if fresh else "given up before")

    try:
        asyncio.run(run())
    except NotADeadLetterError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()

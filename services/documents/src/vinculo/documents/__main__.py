"""`python -m vinculo.documents <command>`."""

import asyncio
from typing import Annotated

import typer

from vinculo.documents import main
from vinculo.documents.consumers import GROUP
from vinculo.documents.settings import Settings, StorageSettings
from vinculo.httpapi import configure_logging, settings_or_exit
from vinculo.messaging import discard as discard_dead_letter
from vinculo.messaging import list_dead_letters
from vinculo.messaging import replay as replay_dead_letters

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
dead_letters = typer.Typer(no_args_is_help=True, help="Records that could not be applied.")
app.add_typer(dead_letters, name="dead-letters")


@app.callback()
def documents() -> None:
    """What is required, whether a file is fit, review."""


@app.command()
def api(port: Port, host: Host = "127.0.0.1") -> None:
    """Serve dossiers, uploads and review."""
    settings = settings_or_exit(Settings)
    configure_logging(GROUP)
    main.run_api(settings, host=host, port=port)


@app.command()
def worker(port: Port, host: Host = "127.0.0.1") -> None:
    """Open dossiers, learn who may send files, publish what happens to documents."""
    settings = settings_or_exit(Settings)
    configure_logging(GROUP)
    main.run_worker(settings, host=host, port=port)


@app.command(name="all")
def all_in_one(port: Port, host: Host = "127.0.0.1") -> None:
    """Run api and worker in one process."""
    settings = settings_or_exit(Settings)
    configure_logging(GROUP)
    main.run_all(settings, host=host, port=port)


@app.command()
def migrate() -> None:
    """Bring the database up to date and make the bucket."""
    settings = settings_or_exit(StorageSettings)
    from vinculo.documents.preparation import prepare  # noqa: PLC0415 - Alembic is slow to import

    asyncio.run(prepare(settings))


@dead_letters.command(name="list")
def list_them() -> None:
    """Name those that nothing has become of yet."""

    async def listed() -> None:
        async with main.consumer_for_commands(settings_or_exit(Settings)) as consumer:
            for letter in await list_dead_letters(consumer):
                typer.echo(f"{letter.name}\t{letter.attempts}\t{letter.error}")

    asyncio.run(listed())


@dead_letters.command()
def replay() -> None:
    """Apply those that can be applied now, in order."""

    async def replayed() -> None:
        async with main.consumer_for_commands(settings_or_exit(Settings)) as consumer:
            for line in (await replay_dead_letters(consumer)).lines():
                typer.echo(line)

    asyncio.run(replayed())


@dead_letters.command()
def discard(place: Annotated[str, typer.Argument(metavar="TOPIC/PARTITION/OFFSET")]) -> None:
    """Give one up; its stream goes on after it."""
    match place.split("/"):
        case [topic, partition, offset] if topic and partition.isdigit() and offset.isdigit():
            pass
        case _:
            raise typer.BadParameter("name it as TOPIC/PARTITION/OFFSET, as `list` prints it")

    async def discarded() -> None:
        async with main.consumer_for_commands(settings_or_exit(Settings)) as consumer:
            await discard_dead_letter(consumer, topic, int(partition), int(offset))

    asyncio.run(discarded())


if __name__ == "__main__":
    app()

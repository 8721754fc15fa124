"""`python -m vinculo.notifications <command>`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from vinculo.eventstore.migrations import migrate as migrate_to_head
from vinculo.httpapi import configure_logging, settings_or_exit
from vinculo.messaging import discard as discard_dead_letter
from vinculo.messaging import list_dead_letters
from vinculo.messaging import replay as replay_dead_letters
from vinculo.notifications.consumers import SERVICE
from vinculo.notifications.main import consumer_for_commands, run_all, run_api, run_worker
from vinculo.notifications.preview import write_previews
from vinculo.notifications.rendering import Renderer
from vinculo.notifications.settings import DatabaseSettings, PreviewSettings, Settings

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
dead_letters = typer.Typer(no_args_is_help=True, help="Records that could not be applied.")
app.add_typer(dead_letters, name="dead-letters")


@app.callback()
def notifications() -> None:
    """Whom to tell what, in which language, again after failure."""


@app.command()
def api(port: Port, host: Host = "127.0.0.1") -> None:
    """Serve health and metrics."""
    settings = settings_or_exit(Settings)
    configure_logging(SERVICE)
    run_api(settings, host=host, port=port)


@app.command()
def worker(port: Port, host: Host = "127.0.0.1") -> None:
    """Queue messages, send them, publish what became of them."""
    settings = settings_or_exit(Settings)
    configure_logging(SERVICE)
    run_worker(settings, host=host, port=port)


@app.command(name="all")
def all_in_one(port: Port, host: Host = "127.0.0.1") -> None:
    """Run api and worker in one process."""
    settings = settings_or_exit(Settings)
    configure_logging(SERVICE)
    run_all(settings, host=host, port=port)


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    settings = settings_or_exit(DatabaseSettings)
    url = settings.notifications_database_url.get_secret_value()
    asyncio.run(migrate_to_head(url, "vinculo.notifications"))


@app.command()
def preview(folder: Path) -> None:
    """Write every message in every language to files."""
    settings = settings_or_exit(PreviewSettings)
    renderer = Renderer(brand=settings.notifications_brand, public_url=settings.vinculo_public_url)
    for path in write_previews(
        folder,
        renderer,
        public_url=settings.vinculo_public_url,
        zone=ZoneInfo(settings.vinculo_time_zone),
        now=datetime.now(UTC),
    ):
        typer.echo(path)


@dead_letters.command(name="list")
def list_them() -> None:
    """Name those that nothing has become of yet."""

    async def listed() -> None:
        async with consumer_for_commands(settings_or_exit(Settings)) as consumer:
            for letter in await list_dead_letters(consumer):
                typer.echo(f"{letter.name}\t{letter.attempts}\t{letter.error}")

    asyncio.run(listed())


@dead_letters.command()
def replay() -> None:
    """Apply those that can be applied now, in order."""

    async def replayed() -> None:
        async with consumer_for_commands(settings_or_exit(Settings)) as consumer:
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
        async with consumer_for_commands(settings_or_exit(Settings)) as consumer:
            await discard_dead_letter(consumer, topic, int(partition), int(offset))

    asyncio.run(discarded())


if __name__ == "__main__":
    app()

"""`python -m vinculo.notifications <command>`.

Each command imports its own parts, or every process would pay for those of all others.
"""

# ruff: noqa: PLC0415

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from vinculo.messaging import Consumer
from vinculo.messaging.dead_letter_commands import dead_letter_commands
from vinculo.notifications.settings import DatabaseSettings, PreviewSettings, Settings
from vinculo.process import settings_or_exit

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


def _consumer() -> AbstractAsyncContextManager[Consumer]:
    from vinculo.notifications.main import consumer_for_commands

    return consumer_for_commands(settings_or_exit(Settings))


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(dead_letter_commands(_consumer), name="dead-letters")


@app.callback()
def notifications() -> None:
    """Whom to tell what, in which language, again after failure."""


@app.command()
def api(port: Port, host: Host = "127.0.0.1") -> None:
    """Serve health and metrics."""
    from vinculo.notifications.main import run_api

    run_api(settings_or_exit(Settings), host=host, port=port)


@app.command()
def worker(port: Port, host: Host = "127.0.0.1") -> None:
    """Queue messages, send them, publish what became of them."""
    from vinculo.notifications.main import run_worker

    run_worker(settings_or_exit(Settings), host=host, port=port)


@app.command(name="all")
def all_in_one(port: Port, host: Host = "127.0.0.1") -> None:
    """Run api and worker in one process."""
    from vinculo.notifications.main import run_all

    run_all(settings_or_exit(Settings), host=host, port=port)


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    from vinculo.eventstore.migrations import migrate as migrate_to_head

    settings = settings_or_exit(DatabaseSettings)
    url = settings.notifications_database_url.get_secret_value()
    asyncio.run(migrate_to_head(url, "vinculo.notifications"))


@app.command()
def preview(folder: Path) -> None:
    """Write every message in every language to files."""
    from vinculo.notifications.rendering.labels import Labels
    from vinculo.notifications.rendering.preview import write_previews
    from vinculo.notifications.rendering.render import Renderer
    from vinculo.translation import load_catalogue

    settings = settings_or_exit(PreviewSettings)
    catalogue = load_catalogue("vinculo.notifications")
    renderer = Renderer(
        brand=settings.notifications_brand,
        public_url=settings.vinculo_public_url,
        languages=catalogue.languages,
    )
    for path in write_previews(
        folder,
        renderer,
        Labels(catalogue, ZoneInfo(settings.vinculo_time_zone)),
        public_url=settings.vinculo_public_url,
        now=datetime.now(UTC),
    ):
        typer.echo(path)


if __name__ == "__main__":
    app()

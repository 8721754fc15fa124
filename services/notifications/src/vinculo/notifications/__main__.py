"""`python -m vinculo.notifications <command>`.

Each command imports its own modules, or every process would load those of all others.
"""

# ruff: noqa: PLC0415

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import typer

from vinculo.events import utc_now
from vinculo.messaging import Consumer, PublishedStreams
from vinculo.messaging.dead_letter_commands import dead_letter_commands
from vinculo.messaging.topic_commands import add_topic_commands
from vinculo.notifications.settings import DatabaseSettings, Settings
from vinculo.process import PublicSettings, service_command_line, settings_or_exit


def api(host: str, port: int) -> None:
    """Serve the history of messages to staff."""
    from vinculo.notifications.main import run_api

    run_api(settings_or_exit(Settings), host=host, port=port)


def worker(host: str, port: int) -> None:
    """Consume events, send messages and publish their events."""
    from vinculo.notifications.main import run_worker

    run_worker(settings_or_exit(Settings), host=host, port=port)


def api_and_worker(host: str, port: int) -> None:
    """Run api and worker in one process."""
    from vinculo.notifications.main import run_all

    run_all(settings_or_exit(Settings), host=host, port=port)


async def migrate() -> None:
    """Migrate the database to the newest version."""
    from vinculo.eventstore.migrations import migrate as migrate_to_head

    settings = settings_or_exit(DatabaseSettings)
    url = settings.notifications_database_url.get_secret_value()
    await migrate_to_head(url, "vinculo.notifications")


def consumer() -> AbstractAsyncContextManager[Consumer]:
    from vinculo.notifications.main import consumer_for_commands

    return consumer_for_commands(settings_or_exit(Settings))


def published_streams() -> PublishedStreams:
    from vinculo.notifications.main import published_streams

    return published_streams(settings_or_exit(Settings))


app = service_command_line(
    description="Sends e-mails and short messages to applicants and customers.",
    processes=[("api", api), ("worker", worker), ("all", api_and_worker)],
    migrate=migrate,
)
app.add_typer(dead_letter_commands(consumer), name="dead-letters")
add_topic_commands(app, published_streams)


@app.command()
def preview(folder: Path) -> None:
    """Write every message in every language to files."""
    from vinculo.notifications.rendering.labels import Labels
    from vinculo.notifications.rendering.preview import write_previews
    from vinculo.notifications.rendering.render import Renderer
    from vinculo.translation import load_catalogue

    settings = settings_or_exit(PublicSettings)
    catalogue = load_catalogue("vinculo.notifications")
    renderer = Renderer(brand=settings.vinculo_brand, languages=catalogue.languages)
    for path in write_previews(
        folder,
        renderer,
        Labels(catalogue, settings.time_zone),
        app_url=settings.app_url,
        now=utc_now(),
    ):
        typer.echo(path)


if __name__ == "__main__":
    app()

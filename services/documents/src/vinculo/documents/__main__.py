"""The command line: `python -m vinculo.documents <command>`."""

# ruff: noqa: PLC0415 - each command imports its own parts

from contextlib import AbstractAsyncContextManager

from vinculo.documents.settings import MigrationSettings, Settings
from vinculo.messaging import Consumer, PublishedStreams
from vinculo.messaging.dead_letter_commands import dead_letter_commands
from vinculo.messaging.topic_commands import add_topic_commands
from vinculo.process import service_command_line, settings_or_exit


def api(host: str, port: int) -> None:
    """Serve dossiers, uploads and review over HTTP."""
    from vinculo.documents.main import run_api

    run_api(settings_or_exit(Settings), host=host, port=port)


def worker(host: str, port: int) -> None:
    """Consume applications and customer records, and publish dossier events."""
    from vinculo.documents.main import run_worker

    run_worker(settings_or_exit(Settings), host=host, port=port)


def api_and_worker(host: str, port: int) -> None:
    """Run api and worker in one process."""
    from vinculo.documents.main import run_all

    run_all(settings_or_exit(Settings), host=host, port=port)


async def migrate() -> None:
    """Migrate the database and create the buckets."""
    from vinculo.documents.main import migrate_storage

    await migrate_storage(settings_or_exit(MigrationSettings))


def _consumer() -> AbstractAsyncContextManager[Consumer]:
    from vinculo.documents.main import consumer_for_commands

    return consumer_for_commands(settings_or_exit(Settings))


def _published_streams() -> PublishedStreams:
    from vinculo.documents.main import published_streams

    return published_streams(settings_or_exit(Settings))


app = service_command_line(
    description="Required documents, screening of files, review.",
    processes=[("api", api), ("worker", worker), ("all", api_and_worker)],
    migrate=migrate,
)
app.add_typer(dead_letter_commands(_consumer), name="dead-letters")
add_topic_commands(app, _published_streams)

if __name__ == "__main__":
    app()

"""`python -m vinculo.customer_registry <command>`.

A command imports its own parts when it runs, or each process would pay for those of all others.
"""

# ruff: noqa: PLC0415

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import typer
from sqlalchemy.exc import SQLAlchemyError

from vinculo.customer_registry.settings import DatabaseSettings, Settings
from vinculo.messaging import Consumer, PublishedStreams
from vinculo.messaging.dead_letter_commands import dead_letter_commands_of_all
from vinculo.messaging.topic_commands import add_topic_commands
from vinculo.process import service_command_line, settings_or_exit


def api(host: str, port: int) -> None:
    """Serve records, changes of status, internal users and erasures."""
    from vinculo.customer_registry.main import run_api

    run_api(settings_or_exit(Settings), host=host, port=port)


def worker(host: str, port: int) -> None:
    """Publish the policies, consume the other services' events, evaluate, relay to Kafka."""
    from vinculo.customer_registry.main import run_worker

    run_worker(settings_or_exit(Settings), host=host, port=port)


def api_and_worker(host: str, port: int) -> None:
    """Run api and worker in one process."""
    from vinculo.customer_registry.main import run_all

    run_all(settings_or_exit(Settings), host=host, port=port)


async def migrate() -> None:
    """Bring the database up to date."""
    from vinculo.eventstore.migrations import migrate as migrate_to_head

    url = settings_or_exit(DatabaseSettings).registry_database_url
    await migrate_to_head(url.get_secret_value(), "vinculo.customer_registry")


def consumers() -> AbstractAsyncContextManager[Sequence[Consumer]]:
    """The consumers that replay dead letters."""
    from vinculo.customer_registry.main import consumers_for_commands

    return consumers_for_commands(settings_or_exit(Settings))


def published_streams() -> PublishedStreams:
    from vinculo.customer_registry.main import published_streams

    return published_streams(settings_or_exit(Settings))


app = service_command_line(
    description="Status, promotion, erasure.",
    processes=[("api", api), ("worker", worker), ("all", api_and_worker)],
    migrate=migrate,
)
app.add_typer(dead_letter_commands_of_all(consumers), name="dead-letters")
add_topic_commands(app, published_streams)


@app.command(name="reapply-erasures")
def reapply_erasures() -> None:
    """Erase again, after a restore, the people whom the ledger reports as erased."""
    from vinculo.customer_registry.main import reapply_outstanding_erasures

    settings = settings_or_exit(Settings)
    try:
        done = asyncio.run(reapply_outstanding_erasures(settings))
    except (OSError, SQLAlchemyError) as error:
        typer.echo(f"not finished, run it again: {error}", err=True)
        raise typer.Exit(1) from error
    if done is None:
        typer.echo("there is no erasure ledger: VINCULO_ERASURES_BUCKET is empty", err=True)
        raise typer.Exit(1)
    typer.echo(
        f"erased {done.people:,} people again; {done.unknown:,} more are not in this registry"
    )


if __name__ == "__main__":
    app()

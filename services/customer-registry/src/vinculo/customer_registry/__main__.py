"""`python -m vinculo.customer_registry <command>`.

Each command imports its own parts, or every process would pay for those of all others.
"""

# ruff: noqa: PLC0415

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import typer

from vinculo.customer_registry.settings import DatabaseSettings, Settings
from vinculo.messaging import Consumer
from vinculo.messaging.dead_letter_commands import dead_letter_commands
from vinculo.process import settings_or_exit

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


def _consumer() -> AbstractAsyncContextManager[Consumer]:
    from vinculo.customer_registry.main import consumer_for_commands

    return consumer_for_commands(settings_or_exit(Settings))


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(dead_letter_commands(_consumer), name="dead-letters")


@app.callback()
def customer_registry() -> None:
    """Status, promotion, erasure."""


@app.command()
def api(port: Port, host: Host = "127.0.0.1") -> None:
    """Serve records, moves of status and erasures."""
    from vinculo.customer_registry.main import run_api

    run_api(settings_or_exit(Settings), host=host, port=port)


@app.command()
def worker(port: Port, host: Host = "127.0.0.1") -> None:
    """Publish the policies, learn from the other services, publish what came of it."""
    from vinculo.customer_registry.evaluation.policy_file import policies_or_exit
    from vinculo.customer_registry.main import run_worker

    settings = settings_or_exit(Settings)
    policies = policies_or_exit(settings.registry_policies)
    run_worker(settings, policies, host=host, port=port)


@app.command(name="all")
def all_in_one(port: Port, host: Host = "127.0.0.1") -> None:
    """Run api and worker in one process."""
    from vinculo.customer_registry.evaluation.policy_file import policies_or_exit
    from vinculo.customer_registry.main import run_all

    settings = settings_or_exit(Settings)
    policies = policies_or_exit(settings.registry_policies)
    run_all(settings, policies, host=host, port=port)


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    from vinculo.eventstore.migrations import migrate as migrate_to_head

    settings = settings_or_exit(DatabaseSettings)
    url = settings.registry_database_url.get_secret_value()
    asyncio.run(migrate_to_head(url, "vinculo.customer_registry"))


if __name__ == "__main__":
    app()

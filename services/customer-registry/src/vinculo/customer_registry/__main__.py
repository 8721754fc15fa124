"""`python -m vinculo.customer_registry <command>`.

A command imports its own parts when it runs, or each process would pay for those of all others.
"""

# ruff: noqa: PLC0415

from contextlib import AbstractAsyncContextManager

from vinculo.customer_registry.settings import DatabaseSettings, Settings
from vinculo.messaging import Consumer
from vinculo.messaging.dead_letter_commands import dead_letter_commands
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


def consumer() -> AbstractAsyncContextManager[Consumer]:
    """The consumer that replays dead letters."""
    from vinculo.customer_registry.main import consumer_for_commands

    return consumer_for_commands(settings_or_exit(Settings))


app = service_command_line(
    description="Status, promotion, erasure.",
    processes=[("api", api), ("worker", worker), ("all", api_and_worker)],
    migrate=migrate,
)
app.add_typer(dead_letter_commands(consumer), name="dead-letters")

if __name__ == "__main__":
    app()

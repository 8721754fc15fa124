"""`python -m vinculo.customer_registry <command>`."""

import asyncio
import sys
from typing import Annotated, Final

import typer

from vinculo.customer_registry.consumers import GROUP
from vinculo.customer_registry.main import consumer_for_commands, run_all, run_api, run_worker
from vinculo.customer_registry.policy_file import (
    PolicyFileRefused,
    ProjectPolicies,
    read_policies,
)
from vinculo.customer_registry.rules import Rules
from vinculo.customer_registry.settings import DatabaseSettings, Settings
from vinculo.eventstore.migrations import migrate as migrate_to_head
from vinculo.httpapi import configure_logging, settings_or_exit
from vinculo.httpapi.settings_errors import BAD_SETTING
from vinculo.messaging import discard as discard_dead_letter
from vinculo.messaging import list_dead_letters
from vinculo.messaging import replay as replay_dead_letters

LOG_KEYS: Final = frozenset({"requirement"})

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
dead_letters = typer.Typer(no_args_is_help=True, help="Records that could not be applied.")
app.add_typer(dead_letters, name="dead-letters")


@app.callback()
def customer_registry() -> None:
    """Status, promotion, erasure."""


@app.command()
def api(port: Port, host: Host = "127.0.0.1") -> None:
    """Serve records, moves of status and erasures."""
    settings = settings_or_exit(Settings)
    configure_logging(GROUP, also=LOG_KEYS)
    run_api(settings, host=host, port=port)


@app.command()
def worker(port: Port, host: Host = "127.0.0.1") -> None:
    """Publish the policies, learn from the other services, publish what came of it."""
    settings = settings_or_exit(Settings)
    policies = policies_or_exit(settings)
    configure_logging(GROUP, also=LOG_KEYS)
    run_worker(settings, policies, host=host, port=port)


@app.command(name="all")
def all_in_one(port: Port, host: Host = "127.0.0.1") -> None:
    """Run api and worker in one process."""
    settings = settings_or_exit(Settings)
    policies = policies_or_exit(settings)
    configure_logging(GROUP, also=LOG_KEYS)
    run_all(settings, policies, host=host, port=port)


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    settings = settings_or_exit(DatabaseSettings)
    url = settings.registry_database_url.get_secret_value()
    asyncio.run(migrate_to_head(url, "vinculo.customer_registry"))


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


def policies_or_exit(settings: Settings) -> ProjectPolicies:
    try:
        return read_policies(settings.registry_policies, Rules())
    except PolicyFileRefused as refusal:
        print(f"REGISTRY_POLICIES: {refusal}", file=sys.stderr)  # noqa: T201 - meant for people
        sys.exit(BAD_SETTING)


if __name__ == "__main__":
    app()

"""`python -m vinculo.onboarding <command>`.

Each command imports its own parts, or every process would pay for those of all others.
"""

# ruff: noqa: PLC0415

import asyncio
import sys
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import typer

from vinculo.access import Role
from vinculo.messaging import Consumer
from vinculo.messaging.dead_letter_commands import dead_letter_commands
from vinculo.onboarding.settings import DatabaseSettings, Settings
from vinculo.process import settings_or_exit

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]
Address = Annotated[str, typer.Option("--email", help="Address to sign in with.")]


def _consumer() -> AbstractAsyncContextManager[Consumer]:
    from vinculo.onboarding.main import consumer_for_commands

    return consumer_for_commands(settings_or_exit(Settings))


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
staff = typer.Typer(no_args_is_help=True, help="Members of staff.")
app.add_typer(dead_letter_commands(_consumer), name="dead-letters")
app.add_typer(staff, name="staff")


@app.callback()
def onboarding() -> None:
    """The five steps, accounts and sessions, consents, payers."""


@app.command()
def api(port: Port, host: Host = "127.0.0.1") -> None:
    """Serve registration, activation, sign-in, the own application, payers."""
    from vinculo.onboarding.main import run_api

    run_api(settings_or_exit(Settings), host=host, port=port)


@app.command()
def worker(port: Port, host: Host = "127.0.0.1") -> None:
    """Publish events, and listen to the documents service and the registry."""
    from vinculo.onboarding.main import run_worker

    run_worker(settings_or_exit(Settings), host=host, port=port)


@app.command(name="all")
def all_in_one(port: Port, host: Host = "127.0.0.1") -> None:
    """Run api and worker in one process."""
    from vinculo.onboarding.main import run_all

    run_all(settings_or_exit(Settings), host=host, port=port)


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    from vinculo.eventstore.migrations import migrate as migrate_to_head

    settings = settings_or_exit(DatabaseSettings)
    asyncio.run(
        migrate_to_head(settings.onboarding_database_url.get_secret_value(), "vinculo.onboarding")
    )


@staff.command()
def add(
    email: Address,
    role: Annotated[Role, typer.Option(help="What the member may do.")],
) -> None:
    """Add a member, with the password read from standard input; print the id."""
    from vinculo.onboarding.accounts.staff_command import add_from_command_line

    settings = settings_or_exit(DatabaseSettings)
    add_from_command_line(settings, email, role, password=_typed_in())


@staff.command(name="list")
def list_() -> None:
    """Print who there is: id, address, role, since when."""
    from vinculo.onboarding.accounts.staff_command import list_from_command_line

    list_from_command_line(settings_or_exit(DatabaseSettings))


@staff.command()
def remove(email: Address) -> None:
    """Remove a member, whose sessions end; print the id."""
    from vinculo.onboarding.accounts.staff_command import remove_from_command_line

    remove_from_command_line(settings_or_exit(DatabaseSettings), email)


@staff.command()
def password(email: Address) -> None:
    """Give a member another password, read from standard input; the sessions end."""
    from vinculo.onboarding.accounts.staff_command import give_password_from_command_line

    settings = settings_or_exit(DatabaseSettings)
    give_password_from_command_line(settings, email, password=_typed_in())


def _typed_in() -> str:
    return sys.stdin.readline().rstrip("\r\n")


if __name__ == "__main__":
    app()

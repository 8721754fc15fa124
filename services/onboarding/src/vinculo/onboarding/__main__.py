"""`python -m vinculo.onboarding <command>`.

Each command imports its own parts, or every process would pay for those of all others.
"""

# ruff: noqa: PLC0415

import sys
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import typer

from vinculo.access import Role
from vinculo.messaging import Consumer, PublishedStreams
from vinculo.messaging.dead_letter_commands import dead_letter_commands
from vinculo.messaging.topic_commands import add_topic_commands
from vinculo.onboarding.settings import DatabaseSettings, Settings, StaffSettings, SubjectSettings
from vinculo.process import service_command_line, settings_or_exit

Email = Annotated[str, typer.Option("--email", help="Address to sign in with.")]
Issuer = Annotated[str, typer.Option(help="The issuer, as in VINCULO_OIDC_ISSUERS.")]
Subject = Annotated[str, typer.Option(help="The claim `sub` of its tokens.")]


def _api(host: str, port: int) -> None:
    """Serve registration, activation, login, the own application, payers."""
    from vinculo.onboarding.main import run_api

    run_api(settings_or_exit(Settings), host=host, port=port)


def _worker(host: str, port: int) -> None:
    """Publish events, and consume those of the documents service and the registry."""
    from vinculo.onboarding.main import run_worker

    run_worker(settings_or_exit(Settings), host=host, port=port)


def _all(host: str, port: int) -> None:
    """Run api and worker in one process."""
    from vinculo.onboarding.main import run_all

    run_all(settings_or_exit(Settings), host=host, port=port)


async def _migrate() -> None:
    """Bring the database up to date."""
    from vinculo.eventstore.migrations import migrate

    settings = settings_or_exit(DatabaseSettings)
    await migrate(settings.onboarding_database_url.get_secret_value(), "vinculo.onboarding")


def _consumer() -> AbstractAsyncContextManager[Consumer]:
    from vinculo.onboarding.main import consumer_for_commands

    return consumer_for_commands(settings_or_exit(Settings))


def _published_streams() -> PublishedStreams:
    from vinculo.onboarding.main import published_streams

    return published_streams(settings_or_exit(Settings))


app = service_command_line(
    description="The five steps, accounts and sessions, consents, payers.",
    processes=[("api", _api), ("worker", _worker), ("all", _all)],
    migrate=_migrate,
)
staff = typer.Typer(no_args_is_help=True, help="Members of staff.")
app.add_typer(dead_letter_commands(_consumer), name="dead-letters")
add_topic_commands(app, _published_streams)
app.add_typer(staff, name="staff")


@staff.command()
def add(
    email: Email,
    role: Annotated[Role, typer.Option(help="What the member may do.")],
) -> None:
    """Add a member, with the password read from standard input; print the id."""
    from vinculo.onboarding.staff_commands import add_member

    add_member(settings_or_exit(StaffSettings), email, role, password=_password_from_stdin())


@staff.command(name="list")
def list_() -> None:
    """Print the members: id, address, role, time of addition, state."""
    from vinculo.onboarding.staff_commands import list_members

    list_members(settings_or_exit(DatabaseSettings))


@staff.command()
def remove(email: Email) -> None:
    """Remove a member with the address and end the sessions; print the id."""
    from vinculo.onboarding.staff_commands import remove_member

    remove_member(settings_or_exit(DatabaseSettings), email)


@staff.command()
def password(email: Email) -> None:
    """Set a member's password, read from standard input, end the sessions, and let them sign in."""
    from vinculo.onboarding.staff_commands import change_member_password

    settings = settings_or_exit(StaffSettings)
    change_member_password(settings, email, password=_password_from_stdin())


@staff.command()
def deny(issuer: Issuer, subject: Subject) -> None:
    """Refuse all tokens of an external issuer's subject in every service; print the id."""
    from vinculo.onboarding.staff_commands import deny_subject

    deny_subject(settings_or_exit(SubjectSettings), issuer, subject)


@staff.command()
def allow(issuer: Issuer, subject: Subject) -> None:
    """Accept the tokens of a denied subject again; print the id."""
    from vinculo.onboarding.staff_commands import allow_subject

    allow_subject(settings_or_exit(SubjectSettings), issuer, subject)


def _password_from_stdin() -> str:
    return sys.stdin.readline().rstrip("\r\n")


if __name__ == "__main__":
    app()

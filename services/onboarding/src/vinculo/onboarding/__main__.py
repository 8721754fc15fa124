"""`python -m vinculo.onboarding <command>`."""

import asyncio
import sys
from typing import Annotated
from uuid import UUID

import typer

from vinculo.access import Role
from vinculo.eventstore import PostgresEventStore, create_engine
from vinculo.eventstore.migrations import migrate as migrate_to_head
from vinculo.httpapi import configure_logging, settings_or_exit
from vinculo.messaging import discard as discard_dead_letter
from vinculo.messaging import list_dead_letters
from vinculo.messaging import replay as replay_dead_letters
from vinculo.onboarding.consumers import SERVICE
from vinculo.onboarding.fields.messages import field_message
from vinculo.onboarding.fields.refusals import FormRefused
from vinculo.onboarding.main import (
    consumer_for_commands,
    run_all,
    run_api,
    run_worker,
    utc_now,
)
from vinculo.onboarding.passwords import Passwords
from vinculo.onboarding.settings import DatabaseSettings, Settings
from vinculo.onboarding.staff import (
    NewMember,
    NotARoleOfStaff,
    StaffExistsAlready,
    add_member,
    checked_member,
)

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
dead_letters = typer.Typer(no_args_is_help=True, help="Records that could not be applied.")
staff = typer.Typer(no_args_is_help=True, help="Members of staff.")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(staff, name="staff")


@app.callback()
def onboarding() -> None:
    """The five steps, accounts and sessions, consents, payers."""


@app.command()
def api(port: Port, host: Host = "127.0.0.1") -> None:
    """Serve registration, activation, sign-in, the own application, payers."""
    settings = settings_or_exit(Settings)
    configure_logging(SERVICE)
    run_api(settings, host=host, port=port)


@app.command()
def worker(port: Port, host: Host = "127.0.0.1") -> None:
    """Publish events, and listen to the documents service and the registry."""
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
    asyncio.run(
        migrate_to_head(settings.onboarding_database_url.get_secret_value(), "vinculo.onboarding")
    )


@staff.command()
def add(
    email: Annotated[str, typer.Option(help="Address to sign in with.")],
    role: Annotated[Role, typer.Option(help="What the member may do.")],
) -> None:
    """Add a member, with the password read from standard input; print the id."""
    settings = settings_or_exit(DatabaseSettings)
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        member = checked_member(email, role, password)
        staff_id = asyncio.run(_added(settings, member))
    except FormRefused as refused:
        for fault in refused.faults:
            typer.echo(f"{fault.field}: {field_message(fault.code, 'en')}", err=True)
        raise typer.Exit(1) from None
    except (StaffExistsAlready, NotARoleOfStaff) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
    typer.echo(str(staff_id))


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


async def _added(settings: DatabaseSettings, member: NewMember) -> UUID:
    engine = create_engine(settings.onboarding_database_url.get_secret_value(), pool_size=1)
    passwords = Passwords(threads=1)
    try:
        return await add_member(PostgresEventStore(engine), passwords, member, utc_now())
    finally:
        passwords.close()
        await engine.dispose()


if __name__ == "__main__":
    app()

"""Adding a member of staff from the command line."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import typer

from vinculo.access import Role
from vinculo.eventstore import PostgresEventStore, create_engine
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.accounts.staff import (
    NewMember,
    NotARoleOfStaff,
    StaffExistsAlready,
    add_member,
    checked_member,
)
from vinculo.onboarding.fields.messages import field_message
from vinculo.onboarding.fields.refusals import FormRefused
from vinculo.onboarding.settings import DatabaseSettings


def add_from_command_line(
    settings: DatabaseSettings, email: str, role: Role, *, password: str
) -> None:
    """Print the member's id, or on standard error why there is none; the exit code is 1 then."""
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


async def _added(settings: DatabaseSettings, member: NewMember) -> UUID:
    engine = create_engine(settings.onboarding_database_url.get_secret_value(), pool_size=1)
    passwords = Passwords(threads=1)
    try:
        return await add_member(PostgresEventStore(engine), passwords, member, datetime.now(UTC))
    finally:
        passwords.close()
        await engine.dispose()

"""Members of staff from the command line: what goes wrong is a sentence and exit code 1."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import TypeVar

import typer

from vinculo.access import Role
from vinculo.eventstore import create_engine
from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.accounts.staff import (
    NoSuchMember,
    NotARoleOfStaff,
    StaffAccounts,
    StaffExistsAlready,
    checked_address,
    checked_member,
    checked_password,
)
from vinculo.onboarding.forms.validation import InvalidForm
from vinculo.onboarding.settings import DatabaseSettings
from vinculo.translation import load_catalogue

Done = TypeVar("Done")

MESSAGES = load_catalogue("vinculo.onboarding").with_fallback(load_catalogue("vinculo.values"))


def add_from_command_line(
    settings: DatabaseSettings, email: str, role: Role, *, password: str
) -> None:
    """Print the new member's id."""
    with _complaints():
        member = checked_member(email, role, password)
        now = datetime.now(UTC)
        typer.echo(str(_with_accounts(settings, lambda staff: staff.add(member, now))))


def list_from_command_line(settings: DatabaseSettings) -> None:
    """Print id, address, role and since when, with tabs between them."""
    for member in _with_accounts(settings, lambda staff: staff.members()):
        since = member.added_at.isoformat(timespec="seconds")
        typer.echo(f"{member.staff_id}\t{member.email}\t{member.role}\t{since}")


def remove_from_command_line(settings: DatabaseSettings, email: str) -> None:
    """Print the id that the member had."""
    with _complaints():
        address = checked_address(email)
        typer.echo(str(_with_accounts(settings, lambda staff: staff.remove(address))))


def give_password_from_command_line(
    settings: DatabaseSettings, email: str, *, password: str
) -> None:
    """Print the member's id."""
    with _complaints():
        address = checked_address(email)
        good = checked_password(address, password)
        typer.echo(str(_with_accounts(settings, lambda staff: staff.give_password(address, good))))


def _with_accounts(
    settings: DatabaseSettings, work: Callable[[StaffAccounts], Awaitable[Done]]
) -> Done:
    async def worked() -> Done:
        async with _accounts(settings) as accounts:
            return await work(accounts)

    return asyncio.run(worked())


@asynccontextmanager
async def _accounts(settings: DatabaseSettings) -> AsyncIterator[StaffAccounts]:
    engine = create_engine(settings.onboarding_database_url.get_secret_value(), pool_size=1)
    passwords = Passwords(threads=1)
    try:
        yield StaffAccounts(engine=engine, passwords=passwords)
    finally:
        passwords.close()
        await engine.dispose()


@contextmanager
def _complaints() -> Iterator[None]:
    try:
        yield
    except InvalidForm as invalid:
        for fault in invalid.errors:
            typer.echo(
                f"{fault.field}: {MESSAGES.text(FIELD_ERROR, fault.code, 'en', **fault.values)}",
                err=True,
            )
        raise typer.Exit(1) from None
    except (StaffExistsAlready, NotARoleOfStaff, NoSuchMember) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None

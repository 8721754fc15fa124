"""The commands for members of staff. Errors are a sentence and exit code 1."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, TypeVar

import typer

from vinculo.access import Role
from vinculo.events import utc_now
from vinculo.eventstore import PostgresEventStore, create_engine
from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.application.revocations import DeniedSubjects, SubjectNotDenied
from vinculo.onboarding.application.staff import (
    NoSuchStaffMember,
    NotAStaffRole,
    StaffAccounts,
    StaffMemberExists,
    validate_member,
    validate_member_email,
    validate_member_password,
)
from vinculo.onboarding.forms.validation import InvalidForm
from vinculo.onboarding.messages import MESSAGES
from vinculo.onboarding.settings import DatabaseSettings, StaffSettings, SubjectSettings

Result = TypeVar("Result")
COMMAND_LANGUAGE: Final = "en"


def add_member(settings: StaffSettings, email: str, role: Role, *, password: str) -> None:
    """Print the new member's id."""
    with _errors_as_exit():
        member = validate_member(email, role, password, settings.password_rules)
        typer.echo(str(_run(settings, lambda staff: staff.add(member, utc_now()))))


def list_members(settings: DatabaseSettings) -> None:
    """Print id, address, role, time of addition and state, separated by tabs."""
    for member in _run(settings, lambda staff: staff.members()):
        added_at = member.added_at.isoformat(timespec="seconds")
        typer.echo(f"{member.staff_id}\t{member.email}\t{member.role}\t{added_at}\t{member.state}")


def remove_member(settings: DatabaseSettings, email: str) -> None:
    """Print the member's former id."""
    with _errors_as_exit():
        address = validate_member_email(email)
        typer.echo(str(_run(settings, lambda staff: staff.remove(address))))


def change_member_password(settings: StaffSettings, email: str, *, password: str) -> None:
    """Print the member's id."""
    with _errors_as_exit():
        address = validate_member_email(email)
        valid = validate_member_password(address, password, settings.password_rules)
        typer.echo(str(_run(settings, lambda staff: staff.set_member_password(address, valid))))


def deny_subject(settings: SubjectSettings, issuer: str, subject: str) -> None:
    """Print the id by which the services know the subject."""
    with _errors_as_exit():
        _require_issuer(settings, issuer)
        typer.echo(str(_run_denied(settings, lambda denied: denied.deny(issuer, subject))))


def allow_subject(settings: SubjectSettings, issuer: str, subject: str) -> None:
    """Print the id by which the services know the subject. It may be of a former issuer."""
    with _errors_as_exit():
        typer.echo(str(_run_denied(settings, lambda denied: denied.allow(issuer, subject))))


class _IssuerUnknown(Exception):
    def __init__(self, issuer: str) -> None:
        super().__init__(f"VINCULO_OIDC_ISSUERS has no issuer {issuer}")


def _require_issuer(settings: SubjectSettings, issuer: str) -> None:
    if issuer not in {each.issuer for each in settings.vinculo_oidc_issuers}:
        raise _IssuerUnknown(issuer)


def _run_denied(
    settings: DatabaseSettings, work: Callable[[DeniedSubjects], Awaitable[Result]]
) -> Result:
    async def run() -> Result:
        async with _store(settings) as store:
            return await work(DeniedSubjects(store=store, clock=utc_now))

    return asyncio.run(run())


def _run(settings: DatabaseSettings, work: Callable[[StaffAccounts], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with _staff_accounts(settings) as accounts:
            return await work(accounts)

    return asyncio.run(run())


@asynccontextmanager
async def _staff_accounts(settings: DatabaseSettings) -> AsyncIterator[StaffAccounts]:
    hasher = PasswordHasher(threads=1)
    try:
        async with _store(settings) as store:
            yield StaffAccounts(store=store, hasher=hasher)
    finally:
        hasher.close()


@asynccontextmanager
async def _store(settings: DatabaseSettings) -> AsyncIterator[PostgresEventStore]:
    engine = create_engine(settings.onboarding_database_url.get_secret_value(), pool_size=1)
    try:
        yield PostgresEventStore(engine)
    finally:
        await engine.dispose()


@contextmanager
def _errors_as_exit() -> Iterator[None]:
    try:
        yield
    except InvalidForm as invalid:
        for error in invalid.errors:
            message = MESSAGES.text(FIELD_ERROR, error.code, COMMAND_LANGUAGE, **error.values)
            typer.echo(f"{error.field}: {message}", err=True)
        raise typer.Exit(1) from None
    except (
        StaffMemberExists,
        NotAStaffRole,
        NoSuchStaffMember,
        SubjectNotDenied,
        _IssuerUnknown,
    ) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None

"""The printed report: totals, first rows of the lists, an export, addresses and accounts."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from vinculo.simulation.operator_client import OperatorClient
from vinculo.simulation.outcomes import Outcomes, status_counts
from vinculo.simulation.staff import StaffAccount

ROWS_PER_LIST = 5
MIN_WIDE_COLUMNS = 140
COLUMNS = {
    "pre-customers": ("name", "person_id", "phone", "created", "document_type", "email", "status"),
    "customers": (
        *("name", "customer_id", "status", "active_loans"),
        *("phone", "national_id", "created"),
    ),
    "registrations": (
        *("number", "identification", "name", "email", "phone"),
        *("payer", "registered_at", "status"),
    ),
}
NARROW_COLUMNS = {
    "pre-customers": ("name", "phone", "created", "status"),
    "customers": ("name", "status", "active_loans", "created"),
    "registrations": ("number", "identification", "name", "status"),
}
EXPORTED_LIST = "registrations"


async def print_totals(console: Console, operator: OperatorClient) -> None:
    statuses = status_counts(await operator.totals())
    table = Table(title="People by status", title_justify="left")
    for title in ("kind", "status"):
        table.add_column(title)
    table.add_column("people", justify="right")
    for (kind, status), people in sorted(statuses.items()):
        if people:
            table.add_row(kind.replace("_", "-"), status.replace("_", " "), str(people))
    table.add_row("", "[bold]all[/]", f"[bold]{statuses.total()}[/]")
    console.print(table)


def print_counters(console: Console, outcomes: Outcomes) -> None:
    console.print(
        f"customers with active loans: {outcomes.with_loans}, "
        f"mistyped addresses: {outcomes.mistyped_addresses}, "
        f"registered twice: {outcomes.registered_twice}, "
        f"attacks by a registration before the owner's: {outcomes.repelled_strangers} repelled, "
        f"second registrations reported to the owners: {outcomes.second_registrations}, "
        f"rejected files: {outcomes.rejected_files}, erased people: {outcomes.erased}",
        soft_wrap=True,
    )
    if outcomes.already_registered:
        known = len(outcomes.already_registered)
        console.print(
            f"[yellow]{known} were registered before; another seed gives other people.[/]"
        )


async def print_lists(console: Console, operator: OperatorClient, zone: ZoneInfo) -> None:
    columns_by_list = COLUMNS if console.width >= MIN_WIDE_COLUMNS else NARROW_COLUMNS
    for name, columns in columns_by_list.items():
        page = await operator.rows(name, limit=ROWS_PER_LIST)
        table = Table(
            title=f"{name}: {page['total_to_date']} to date", title_justify="left", box=None
        )
        for column in columns:
            table.add_column(column, overflow="ellipsis", no_wrap=True)
        for row in page["items"]:
            table.add_row(*(_cell(row.get(column), zone) for column in columns))
        console.print(table)


async def save_export(operator: OperatorClient, folder: Path, now: datetime) -> tuple[Path, int]:
    """Export the registrations and save the file; its path and number of rows."""
    export = await operator.export(EXPORTED_LIST)
    path = folder / f"{EXPORTED_LIST}-{now:%Y%m%d-%H%M%S}.csv"
    await asyncio.to_thread(_write, path, export.content)
    return path, export.rows


INBOXES = {
    "mails": ("VINCULO_MAIL_PUBLIC_URL", "VINCULO_MAIL_URL", "VINCULO_MAIL_DIR"),
    "SMS": ("VINCULO_SMS_PUBLIC_URL", "VINCULO_SMS_DIR", "VINCULO_SMS"),
}
"""Variables with the place of received messages, best first: in containers people open another
address than the simulation does."""


def print_access(
    console: Console, url: str, accounts: list[StaffAccount], environment: Mapping[str, str]
) -> None:
    lines = [
        ("registration", f"{url}/"),
        ("console", f"{url}/console/"),
        *((f"sign in as {each.role}", f"{each.email}  {each.password}") for each in accounts),
        ("sign in", "POST /onboarding/v1/sessions {email, password}"),
        ("lists", "GET /query/v1/pre-customers, /customers, /registrations, /totals"),
        ("profile", "GET /query/v1/people/{person_id}, …/timeline"),
        ("review", "GET /documents/v1/review-queue"),
    ]
    for label, names in INBOXES.items():
        if inbox := next((environment[name] for name in names if environment.get(name)), None):
            lines.append((label, inbox))
    console.print("[bold]Where to look[/]")
    for label, value in lines:
        console.print(f"  {label:20}{value}", soft_wrap=True, markup=False, highlight=False)
    body = json.dumps({"email": accounts[0].email, "password": accounts[0].password})
    console.print(
        f"  curl -s {url}/onboarding/v1/sessions -H 'Content-Type: application/json' -d '{body}'",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _cell(value: Any, zone: ZoneInfo) -> str:  # noqa: ANN401 - a cell is of any type
    if value is None:
        return ""
    if isinstance(value, str) and value.endswith("Z") and "T" in value:
        return f"{datetime.fromisoformat(value).astimezone(zone):%Y-%m-%d %H:%M}"
    return str(value)

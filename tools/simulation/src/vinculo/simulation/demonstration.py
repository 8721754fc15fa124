"""The demonstration as a whole: staff and payers, people at once, then what the lists show."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
from rich.console import Console

from vinculo.simulation.conditions import NotSoInTime, until
from vinculo.simulation.credit_system import CreditSystem
from vinculo.simulation.gateway import Gateway, Refused
from vinculo.simulation.mails import MailBox, NoMailBox
from vinculo.simulation.operations import ExportFailed, Operator
from vinculo.simulation.outcomes import Outcomes, Shown, differences, statuses_of
from vinculo.simulation.payers import Payer, payers
from vinculo.simulation.people import make_people
from vinculo.simulation.plans import Plan, make_plans
from vinculo.simulation.progress import Steps
from vinculo.simulation.report import (
    print_by_the_way,
    print_lists,
    print_totals,
    print_where_to_look,
    save_export,
)
from vinculo.simulation.staff import StaffNotMade, demo_accounts, operator_of
from vinculo.simulation.walks import Surroundings, Walk

SAID = (Refused, StaffNotMade, NoMailBox, NotSoInTime, ExportFailed)
PEOPLE_AT_ONCE = 12
PATIENCE_SECONDS = 180.0
FAILURES_TOLD = 10
WIDTH = 200
INTERRUPTED = 130


def run(
    *,
    people: int,
    exports: Path,
    environment: Mapping[str, str],
    seed: int | None = None,
    console: Console | None = None,
) -> int:
    """Drive `people` through the running system; give an exit code.

    `environment` is what its services were given. Without a seed the number of people there so far
    is one, so that a second run brings new people.
    """
    shown = console or wide_console()
    try:
        return asyncio.run(_demonstrate(people, exports, environment, seed, shown))
    except KeyboardInterrupt:
        shown.print("Interrupted; the system goes on with the people who came so far.")
        return INTERRUPTED
    except (*SAID, httpx2.HTTPError) as failure:
        shown.print(f"[red]{failure or type(failure).__name__}[/]", soft_wrap=True, markup=True)
        return 1


def wide_console() -> Console:
    """Where nobody sees the edge of a terminal, tables need not be cut at 80 columns."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


async def _demonstrate(
    people: int,
    exports: Path,
    environment: Mapping[str, str],
    seed: int | None,
    console: Console,
) -> int:
    public_url = environment["VINCULO_PUBLIC_URL"]
    url = environment.get("VINCULO_GATEWAY_URL", public_url)
    zone = ZoneInfo(environment.get("VINCULO_TIME_ZONE", "America/Bogota"))
    accounts = demo_accounts(environment)
    async with Gateway(url, public_url=public_url) as gateway:
        operator, administrator = [
            await operator_of(gateway, account, environment) for account in accounts
        ]
        before = await shown_by(operator)
        chosen = before.people.total() + 1 if seed is None else seed
        plans = make_plans(make_people(people, seed=chosen, payers=payers()), seed=chosen)
        console.print(f"{people} people of seed {chosen} come through {url}", highlight=False)
        started = time.monotonic()
        async with CreditSystem(
            environment["VINCULO_KAFKA"], topic_prefix=environment.get("VINCULO_TOPIC_PREFIX", "")
        ) as credit:
            with Steps(console, plans) as steps:
                around = Surroundings(
                    gateway=gateway,
                    mails=MailBox.of(environment),
                    operator=operator,
                    administrator=administrator,
                    credit=credit,
                    payers=await _register_payers(operator, payers()),
                    steps=steps,
                    outcomes=Outcomes(),
                )
                await walk_all(around, plans)
        seconds = time.monotonic() - started
        outcomes = around.outcomes
        is_complete = await _wait_for_the_lists(console, operator, before, outcomes)
        await print_totals(console, operator)
        print_by_the_way(console, outcomes)
        await print_lists(console, operator, zone)
        path, rows = await save_export(operator, exports, datetime.now(zone))
        console.print(f"CSV export of {rows} registrations: {path}", soft_wrap=True)
        console.print(
            f"{people} people in {seconds:.0f} s: {people / seconds:.1f} people per second"
        )
        print_where_to_look(console, public_url, accounts, environment)
    _print_failures(console, outcomes.failures)
    return 0 if is_complete and not outcomes.failures else 1


async def walk_all(around: Surroundings, plans: Sequence[Plan]) -> None:
    """Let a few at once go their ways; one person's failure stops nobody else."""
    places = asyncio.Semaphore(PEOPLE_AT_ONCE)

    async def walk(plan: Plan) -> None:
        async with places:
            try:
                await Walk(around, plan).go()
            except Exception as failure:  # noqa: BLE001 - told in the end, others go on
                around.outcomes.failures.append(f"{plan.ending}: {failure!r}")

    async with asyncio.TaskGroup() as walks:
        for plan in plans:
            walks.create_task(walk(plan))


async def _register_payers(operator: Operator, known: Iterable[Payer]) -> dict[str, UUID]:
    return {payer.name: await operator.register_payer(payer) for payer in known}


async def _wait_for_the_lists(
    console: Console, operator: Operator, before: Shown, outcomes: Outcomes
) -> bool:
    """Wait until the totals show all that happened; tell what they do not."""
    missing: dict[str, str] = {}

    async def all_shown() -> bool | None:
        nonlocal missing
        missing = differences(before, await shown_by(operator), outcomes)
        return None if missing else True

    with console.status("waiting until the lists show everything"):
        try:
            await until("the lists", all_shown, patience_seconds=PATIENCE_SECONDS)
        except NotSoInTime:
            said = ", ".join(f"{what} {counts}" for what, counts in missing.items())
            console.print(f"[red]The lists do not show everything (seen/expected): {said}[/]")
            return False
    return True


async def shown_by(operator: Operator) -> Shown:
    """Read what the lists show now."""
    totals = await operator.totals()
    borrowers = await operator.rows("customers", active_loans="some", limit=1)
    return Shown(people=statuses_of(totals), with_loans=borrowers["total_matching"])


def _print_failures(console: Console, failures: Sequence[str]) -> None:
    for failure in failures[:FAILURES_TOLD]:
        console.print(f"[red]failed:[/] {failure}", soft_wrap=True)
    if len(failures) > FAILURES_TOLD:
        console.print(f"[red]and {len(failures) - FAILURES_TOLD} more[/]")

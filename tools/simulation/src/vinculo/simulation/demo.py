"""The demonstration: create staff and payers, run all scenarios, compare and print the lists."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
from rich.console import Console

from vinculo.simulation.credit_system import CreditSystem
from vinculo.simulation.gateway_client import GatewayClient, RequestRefused
from vinculo.simulation.inboxes import Mailbox, MailboxNotConfiguredError
from vinculo.simulation.operator_client import ExportFailedError, OperatorClient
from vinculo.simulation.outcomes import ListTotals, Outcomes, differences, status_counts
from vinculo.simulation.payers import Payer, payers
from vinculo.simulation.people import make_people
from vinculo.simulation.polling import WaitTimeoutError, wait_until
from vinculo.simulation.progress import StepProgress
from vinculo.simulation.report import (
    print_access,
    print_counters,
    print_lists,
    print_totals,
    save_export,
)
from vinculo.simulation.scenario_runner import RunContext, ScenarioRunner
from vinculo.simulation.scenarios import Scenario, make_scenarios
from vinculo.simulation.staff import StaffCommandError, demo_staff, signed_in_operator

REPORTED_ERRORS = (
    RequestRefused,
    StaffCommandError,
    MailboxNotConfiguredError,
    WaitTimeoutError,
    ExportFailedError,
)
MAX_CONCURRENT_PEOPLE = 12
LIST_TIMEOUT_SECONDS = 180.0
MAX_PRINTED_FAILURES = 10
WIDTH_WITHOUT_TERMINAL = 200
INTERRUPTED = 130


def run_demo(
    *,
    people: int,
    exports: Path,
    environment: Mapping[str, str],
    seed: int | None = None,
    console: Console | None = None,
) -> int:
    """Drive `people` through the running system; the exit code.

    `environment` is the environment of its services. The default seed is the number of existing
    people, so that a second run creates other people.
    """
    output = console or wide_console()
    try:
        return asyncio.run(_demonstrate(people, exports, environment, seed, output))
    except KeyboardInterrupt:
        output.print("Interrupted; the system keeps running with the people created so far.")
        return INTERRUPTED
    except (*REPORTED_ERRORS, httpx2.HTTPError) as failure:
        output.print(f"[red]{failure or type(failure).__name__}[/]", soft_wrap=True, markup=True)
        return 1


def wide_console() -> Console:
    """Without a terminal, tables are not cut at 80 columns."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH_WITHOUT_TERMINAL)


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
    accounts = demo_staff(environment)
    async with GatewayClient(url, public_url=public_url) as gateway:
        operator, administrator = [
            await signed_in_operator(gateway, account, environment) for account in accounts
        ]
        before = await read_list_totals(operator)
        used_seed = before.people.total() + 1 if seed is None else seed
        scenarios = make_scenarios(
            make_people(people, seed=used_seed, payers=payers()), seed=used_seed
        )
        console.print(
            f"{people} people with seed {used_seed} register at {public_url}", highlight=False
        )
        started = time.monotonic()
        async with CreditSystem(
            environment["VINCULO_KAFKA"], topic_prefix=environment.get("VINCULO_TOPIC_PREFIX", "")
        ) as credit:
            with StepProgress(console, scenarios) as progress:
                context = RunContext(
                    gateway=gateway,
                    mailbox=Mailbox.from_environment(environment),
                    operator=operator,
                    administrator=administrator,
                    credit=credit,
                    payers=await _register_payers(operator, payers()),
                    progress=progress,
                    outcomes=Outcomes(),
                )
                await run_scenarios(context, scenarios)
        seconds = time.monotonic() - started
        outcomes = context.outcomes
        is_complete = await _wait_for_lists(console, operator, before, outcomes)
        await print_totals(console, operator)
        print_counters(console, outcomes)
        await print_lists(console, operator, zone)
        path, rows = await save_export(operator, exports, datetime.now(zone))
        console.print(f"CSV export of {rows} registrations: {path}", soft_wrap=True)
        console.print(
            f"{people} people in {seconds:.0f} s: {people / seconds:.1f} people per second"
        )
        print_access(console, public_url, accounts, environment)
    _print_failures(console, outcomes.failures)
    return 0 if is_complete and not outcomes.failures else 1


async def run_scenarios(context: RunContext, scenarios: Sequence[Scenario]) -> None:
    """Run the scenarios, a few concurrently; a failed one does not stop the others."""
    slots = asyncio.Semaphore(MAX_CONCURRENT_PEOPLE)

    async def run_one(scenario: Scenario) -> None:
        async with slots:
            try:
                await ScenarioRunner(context, scenario).run()
            except Exception as failure:  # noqa: BLE001 - printed at the end
                context.outcomes.failures.append(f"{scenario.ending}: {failure!r}")

    async with asyncio.TaskGroup() as tasks:
        for scenario in scenarios:
            tasks.create_task(run_one(scenario))


async def _register_payers(operator: OperatorClient, known: Iterable[Payer]) -> dict[str, UUID]:
    return {payer.name: await operator.register_payer(payer) for payer in known}


async def _wait_for_lists(
    console: Console, operator: OperatorClient, before: ListTotals, outcomes: Outcomes
) -> bool:
    """Wait until the totals contain every expected result; print what is missing."""
    missing: dict[str, str] = {}

    async def is_complete() -> bool | None:
        nonlocal missing
        missing = differences(before, await read_list_totals(operator), outcomes)
        return None if missing else True

    with console.status("waiting until the lists show all results"):
        try:
            await wait_until("the lists", is_complete, timeout_seconds=LIST_TIMEOUT_SECONDS)
        except WaitTimeoutError:
            details = ", ".join(f"{what} {counts}" for what, counts in missing.items())
            console.print(f"[red]The lists lack results (seen/expected): {details}[/]")
            return False
    return True


async def read_list_totals(operator: OperatorClient) -> ListTotals:
    """The current totals of the lists."""
    totals = await operator.totals()
    borrowers = await operator.rows("customers", active_loans="some", limit=1)
    return ListTotals(people=status_counts(totals), with_loans=borrowers["total_matching"])


def _print_failures(console: Console, failures: Sequence[str]) -> None:
    for failure in failures[:MAX_PRINTED_FAILURES]:
        console.print(f"[red]failed:[/] {failure}", soft_wrap=True)
    if len(failures) > MAX_PRINTED_FAILURES:
        console.print(f"[red]and {len(failures) - MAX_PRINTED_FAILURES} more[/]")

"""P7: latency from the response to a command until a list shows its effect."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from statistics import median
from uuid import UUID, uuid4

from bench.environment import BenchEnvironment
from bench.findings import Finding, latency_finding
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.inboxes import Mailbox
from vinculo.simulation.operator_client import OperatorClient
from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people
from vinculo.simulation.staff import demo_staff, signed_in_operator
from vinculo.testing.systems import Systems

HIGH_RATE_LIMITS = {
    "VINCULO_RATE_PER_ADDRESS": "5000r/s",
    "VINCULO_BURST_PER_ADDRESS": "5000",
    "VINCULO_RATE_STRICT": "1000r/s",
    "VINCULO_BURST_STRICT": "1000",
    "ONBOARDING_PASSWORD_WAIT_SECONDS": "60",
}
APPLICANTS = 5
WARM_UP_COMMANDS = 10
PAUSE_SECONDS = 0.005
TIMEOUT_SECONDS = 60.0
IDLE_SECONDS = (0.05, 0.15)

Row = dict[str, object]


@dataclass(slots=True)
class ListPoller:
    """Polls a list and records the time of each request."""

    operator: OperatorClient
    request_ms: list[float] = field(default_factory=list)

    async def wait_until_shown(self, search: str, matches: Callable[[Row], bool]) -> float:
        """Milliseconds from now until the search finds a matching row."""
        started = time.perf_counter()
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while True:
                sent_at = time.perf_counter()
                rows = (await self.operator.rows("registrations", q=search))["items"]
                now = time.perf_counter()
                self.request_ms.append((now - sent_at) * 1000)
                if any(matches(row) for row in rows):
                    return (now - started) * 1000
                await asyncio.sleep(PAUSE_SECONDS)


async def measure_commands(
    environment: BenchEnvironment,
    title: str,
    commands: int,
    command: Callable[[int], Awaitable[float]],
) -> list[float]:
    """The latencies of the commands in milliseconds, without warm-up commands.

    The pause between them varies, so that they do not synchronise with polling loops.
    """
    times: list[float] = []
    for number in range(WARM_UP_COMMANDS + commands):
        with environment.console.status(f"{title}: {number + 1} of {WARM_UP_COMMANDS + commands}"):
            await asyncio.sleep(random.uniform(*IDLE_SECONDS))  # noqa: S311 - not secret
            milliseconds = await command(number)
        if number >= WARM_UP_COMMANDS:
            times.append(milliseconds)
    environment.console.print(f"[dim]{title}:[/] p50 {median(times):,.0f} ms", highlight=False)
    return times


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Sends a command, waits for its response, then polls for its effect."""

    poller: ListPoller
    applicants: list[ApplicantClient]
    unregistered: list[ApplicantClient]
    payer_ids: dict[str, UUID]

    async def declare(self, number: int) -> float:
        """Declare a different payer than before."""
        applicant = self.applicants[number % len(self.applicants)]
        name = list(self.payer_ids)[number // len(self.applicants) % len(self.payer_ids)]
        await applicant.declare_employment(self.payer_ids[name])
        return await self.poller.wait_until_shown(
            applicant.person.document_number,
            lambda row: row["person_id"] == str(applicant.person_id) and row["payer"] == name,
        )

    async def register(self, number: int) -> float:
        applicant = self.unregistered[number]
        await applicant.register()
        document = applicant.person.document_number
        return await self.poller.wait_until_shown(
            document, lambda row: row["identification"] == document
        )


async def measure(environment: BenchEnvironment) -> list[Finding]:
    async with AsyncExitStack() as exits:
        with environment.console.status("P7: starting the system"):
            system = await Systems(exits)(HIGH_RATE_LIMITS)
        environment.console.print("[dim]P7:[/] the system is up")
        gateway = await exits.enter_async_context(GatewayClient(system.url))
        settings = system.environment
        operator = await signed_in_operator(gateway, demo_staff(settings)[0], settings)
        known = payers()
        mailbox = Mailbox.from_environment({**settings, **environment.addresses.environment()})
        people = make_people(
            APPLICANTS + WARM_UP_COMMANDS + environment.sizes.registrations,
            seed=uuid4().int % 10**9,
            payers=known,
        )
        applicants = [
            ApplicantClient(gateway, mailbox, replace(person, project="default", locale="es"))
            for person in people
        ]
        poller = ListPoller(operator)
        commands = Commands(
            poller=poller,
            applicants=applicants[:APPLICANTS],
            unregistered=applicants[APPLICANTS:],
            payer_ids={each.name: await operator.register_payer(each) for each in known[:3]},
        )
        with environment.console.status("P7: registering applicants"):
            for applicant in commands.applicants:
                await applicant.register()
                await applicant.activate()
        declared = await measure_commands(
            environment, "P7 employment", environment.sizes.commands, commands.declare
        )
        registered = await measure_commands(
            environment, "P7 registration", environment.sizes.registrations, commands.register
        )
    request_ms = median(poller.request_ms)
    method = (
        "no reference: whole system, one command at a time, from its response to the first list "
        f"that shows it. Measured by polling the list {PAUSE_SECONDS * 1000:.0f} ms after each "
        f"response; a request takes {request_ms:.0f} ms, so polling adds up to "
        f"{2 * request_ms + PAUSE_SECONDS * 1000:.0f} ms to the figures"
    )
    return [
        latency_finding(
            row="P7",
            what="from declaring employment until the list of registrations shows the payer",
            against=method,
            milliseconds=declared,
            p50_ms=60,
            p99_ms=250,
        ),
        latency_finding(
            row="P7, registration",
            what="from registering until the list of registrations shows the person: two services "
            "and the read model in sequence",
            against="as above",
            milliseconds=registered,
        ),
    ]

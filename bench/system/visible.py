"""P7: from a command's acceptance until a list shows what it did, through the gateway."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from statistics import median
from uuid import UUID, uuid4

from bench.findings import Finding, waited
from bench.stage import Stage
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.inboxes import Mailbox
from vinculo.simulation.operator_client import OperatorClient
from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people
from vinculo.simulation.staff import demo_staff, signed_in_operator
from vinculo.testing.systems import Systems

ONE_ADDRESS = {
    "VINCULO_RATE_PER_ADDRESS": "5000r/s",
    "VINCULO_BURST_PER_ADDRESS": "5000",
    "VINCULO_RATE_STRICT": "1000r/s",
    "VINCULO_BURST_STRICT": "1000",
}
APPLICANTS = 5
WARMING_UP = 10
PAUSE_SECONDS = 0.005
PATIENCE_SECONDS = 60.0
CALM_SECONDS = (0.05, 0.15)

Row = dict[str, object]


@dataclass(slots=True)
class Looking:
    """Asks for the list again and again, and keeps what that takes by itself."""

    operator: OperatorClient
    asking_ms: list[float] = field(default_factory=list)

    async def until(self, words: str, shown: Callable[[Row], bool]) -> float:
        """Milliseconds from now until a row found by these words is as wanted."""
        begun = time.perf_counter()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                asked = time.perf_counter()
                rows = (await self.operator.rows("registrations", q=words))["items"]
                now = time.perf_counter()
                self.asking_ms.append((now - asked) * 1000)
                if any(shown(row) for row in rows):
                    return (now - begun) * 1000
                await asyncio.sleep(PAUSE_SECONDS)


async def one_at_a_time(
    stage: Stage, title: str, commands: int, command: Callable[[int], Awaitable[float]]
) -> list[float]:
    """The commands' times, in milliseconds, after some that are not counted.

    The pause between them varies, so that they do not keep step with whatever polls.
    """
    times: list[float] = []
    for number in range(WARMING_UP + commands):
        with stage.console.status(f"{title}: {number + 1} of {WARMING_UP + commands}"):
            await asyncio.sleep(random.uniform(*CALM_SECONDS))  # noqa: S311 - guards nothing
            milliseconds = await command(number)
        if number >= WARMING_UP:
            times.append(milliseconds)
    stage.console.print(f"[dim]{title}:[/] p50 {median(times):,.0f} ms", highlight=False)
    return times


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Each is sent and answered, and only then is looked for what it did."""

    looking: Looking
    applicants: list[ApplicantClient]
    strangers: list[ApplicantClient]
    payer_ids: dict[str, UUID]

    async def declare(self, number: int) -> float:
        """Declare another payer than the time before."""
        applicant = self.applicants[number % len(self.applicants)]
        name = list(self.payer_ids)[number // len(self.applicants) % len(self.payer_ids)]
        await applicant.declare_employment(self.payer_ids[name])
        return await self.looking.until(
            applicant.person.document_number,
            lambda row: row["person_id"] == str(applicant.person_id) and row["payer"] == name,
        )

    async def register(self, number: int) -> float:
        applicant = self.strangers[number]
        await applicant.register()
        document = applicant.person.document_number
        return await self.looking.until(document, lambda row: row["identification"] == document)


async def measure(stage: Stage) -> list[Finding]:
    async with AsyncExitStack() as exits:
        with stage.console.status("P7 visible: the whole system starts"):
            system = await Systems(exits)(ONE_ADDRESS)
        stage.console.print("[dim]P7 visible:[/] the system is up")
        gateway = await exits.enter_async_context(GatewayClient(system.url))
        environment = system.environment
        operator = await signed_in_operator(gateway, demo_staff(environment)[0], environment)
        known = payers()
        mails = Mailbox.from_environment({**environment, **stage.addresses.environment()})
        people = make_people(
            APPLICANTS + WARMING_UP + stage.sizes.registrations,
            seed=uuid4().int % 10**9,
            payers=known,
        )
        applicants = [
            ApplicantClient(gateway, mails, replace(person, project="default", locale="es"))
            for person in people
        ]
        looking = Looking(operator)
        commands = Commands(
            looking=looking,
            applicants=applicants[:APPLICANTS],
            strangers=applicants[APPLICANTS:],
            payer_ids={each.name: await operator.register_payer(each) for each in known[:3]},
        )
        with stage.console.status("P7 visible: applicants register"):
            for applicant in commands.applicants:
                await applicant.register()
                await applicant.activate()
        declared = await one_at_a_time(
            stage, "P7 visible, employment", stage.sizes.commands, commands.declare
        )
        registered = await one_at_a_time(
            stage, "P7 visible, registration", stage.sizes.registrations, commands.register
        )
    request = median(looking.asking_ms)
    added = (
        "nothing: whole system, one command at a time, from its answer to the first list that "
        f"shows it. Measured by asking for the list {PAUSE_SECONDS * 1000:.0f} ms after each "
        f"answer, which takes {request:.0f} ms itself: of the figures up to "
        f"{2 * request + PAUSE_SECONDS * 1000:.0f} ms are finding out"
    )
    return [
        waited(
            row="P7",
            what="employment declared, until the list of registrations shows the payer",
            against=added,
            milliseconds=declared,
            p50_ms=60,
            p99_ms=250,
        ),
        waited(
            row="P7, registration",
            what="registered, until the list of registrations shows the person: two services and "
            "the read model, one after another",
            against="as above",
            milliseconds=registered,
        ),
    ]

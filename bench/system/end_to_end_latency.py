"""P7: latency from the response to a command until the lists show its effect."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from statistics import median
from uuid import UUID, uuid4

from bench.environment import BenchEnvironment
from bench.findings import Finding, latency_finding, percentile, percentiles
from vinculo.events import utc_now
from vinculo.httpapi import parse_position
from vinculo.query_api.mongo import Collection, Expression, connect
from vinculo.query_api.person_document.schema import DOCUMENT_NUMBER, Person
from vinculo.query_api.read_model import ReadModel
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import ApiResponse, GatewayClient
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
PAUSE_SECONDS = 0.001
TIMEOUT_SECONDS = 60.0
IDLE_SECONDS = (0.05, 0.15)
MAX_READ_LATER_MS = 10.0


class EffectMissingError(Exception):
    """A command has no effect that could be awaited, or a read does not show it."""


@dataclass(slots=True)
class DocumentPoller:
    """Asks MongoDB for a person's document, and records the time of each request."""

    people: Collection[Person]
    request_ms: list[float] = field(default_factory=list)

    async def wait_until_found(self, condition: Expression) -> float:
        """Milliseconds from now until a document meets the condition."""
        started = time.perf_counter()
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while True:
                sent_at = time.perf_counter()
                found = await self.people.find_one(condition, {"_id": 1})
                now = time.perf_counter()
                self.request_ms.append((now - sent_at) * 1000)
                if found is not None:
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
    """Sends a command, waits for its response, then for its effect."""

    poller: DocumentPoller
    operator: OperatorClient
    applicants: list[ApplicantClient]
    unregistered: list[ApplicantClient]
    payer_ids: dict[str, UUID]
    own_read_ms: list[float] = field(default_factory=list)

    async def declare(self, number: int) -> float:
        """Milliseconds until the document has what was declared."""
        applicant, _, response = await self._declare(number)
        position = parse_position(_position(response))
        if position is None:
            raise EffectMissingError("the response has no position")
        _, version = position
        return await self.poller.wait_until_found(
            {"_id": applicant.person_id, "application.version": {"$gte": version}}
        )

    async def declare_and_read(self, number: int) -> float:
        """Milliseconds of a list that waits for the position of what was declared."""
        applicant, payer, response = await self._declare(number)
        milliseconds, shown = await self._read(applicant, min_position=_position(response))
        if shown != [payer]:
            raise EffectMissingError(f"the list shows {shown}, not {payer}")
        own, _ = await self._read(applicant)
        self.own_read_ms.append(own)
        return milliseconds

    async def register(self, number: int) -> float:
        applicant = self.unregistered[number]
        await applicant.register()
        return await self.poller.wait_until_found(
            {DOCUMENT_NUMBER: applicant.person.document_number}
        )

    async def _declare(self, number: int) -> tuple[ApplicantClient, str, ApiResponse]:
        """Declare a different payer than before."""
        applicant = self.applicants[number % len(self.applicants)]
        payer = list(self.payer_ids)[number // len(self.applicants) % len(self.payer_ids)]
        response = await applicant.declare_employment(self.payer_ids[payer])
        return applicant, payer, response

    async def _read(
        self, applicant: ApplicantClient, **parameters: str
    ) -> tuple[float, list[object]]:
        """Milliseconds of a list with the applicant, and the payers in it."""
        started = time.perf_counter()
        rows = await self.operator.rows(
            "registrations", q=applicant.person.document_number, **parameters
        )
        milliseconds = (time.perf_counter() - started) * 1000
        return milliseconds, [row["payer"] for row in rows["items"]]


def _position(response: ApiResponse) -> str:
    return response.headers["vinculo-position"]


async def measure(environment: BenchEnvironment) -> list[Finding]:
    async with AsyncExitStack() as exits:
        with environment.console.status("P7: starting the system"):
            system = await Systems(exits)(HIGH_RATE_LIMITS)
        environment.console.print("[dim]P7:[/] the system is up")
        gateway = await exits.enter_async_context(GatewayClient(system.url))
        settings = system.environment
        mongo = connect(settings["QUERY_MONGO_URL"])
        exits.push_async_callback(mongo.close)
        collections = await ReadModel(mongo.database, utc_now).collections()
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
        poller = DocumentPoller(collections.people)
        commands = Commands(
            poller=poller,
            operator=operator,
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
        read = await measure_commands(
            environment, "P7 read", environment.sizes.commands, commands.declare_and_read
        )
        registered = await measure_commands(
            environment, "P7 registration", environment.sizes.registrations, commands.register
        )
    method = (
        "no reference: whole system, one command at a time, from its response. MongoDB is asked "
        f"for the document every {PAUSE_SECONDS * 1000:.0f} ms; one such request takes "
        f"{median(poller.request_ms):.1f} ms"
    )
    return [
        latency_finding(
            row="P7",
            what="from declaring employment until the document that the lists show has the payer",
            against=method,
            milliseconds=declared,
            p50_ms=35,
            p99_ms=150,
        ),
        read_finding(declared, read, commands.own_read_ms),
        latency_finding(
            row="P7, registration",
            what="from the response to a registration, which has a floor of time, until there is a "
            "document of the person",
            against="as P7",
            milliseconds=registered,
        ),
    ]


def read_finding(
    declared: Sequence[float], read: Sequence[float], own_read: Sequence[float]
) -> Finding:
    """How much later than the document a list is read that waits for it."""
    own = median(own_read)
    waited = [each - own for each in read]
    later = median(waited) - median(declared)
    return Finding(
        id="P7, read",
        what="from declaring employment until a list is read that was asked for with the position "
        "of the response, without the time that the list takes by itself",
        against=f"P7; the list by itself takes {own:.0f} ms",
        measured=f"p50 {percentile(waited, 50):,.0f} ms, p99 {percentile(waited, 99):,.0f} ms "
        f"({len(waited)} commands)",
        ratio=f"{later:+.0f} ms",
        goal=f"p50 ≤ {MAX_READ_LATER_MS:.0f} ms longer",
        met=later <= MAX_READ_LATER_MS,
        points={"ms": percentiles(waited)},
    )

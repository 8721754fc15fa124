"""P-load: registrations and sign-ins at once, and whether the service answers meanwhile."""

import asyncio
import http.client
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
from argon2 import PasswordHasher

from bench.findings import AtLeast, Finding, compared, percentile
from bench.stage import Stage
from bench.system.visible import ONE_ADDRESS
from vinculo.onboarding.accounts.passwords import Cost, threads_for
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.inboxes import Mailbox
from vinculo.simulation.payers import payers
from vinculo.simulation.people import Person, make_people
from vinculo.testing.systems import Systems

AT_ONCE = 200
GOAL_MS = 100.0
PAUSE_SECONDS = 0.005
TIMEOUT_SECONDS = 60.0
REGISTERED, SIGNED_IN = 202, 201


@dataclass(slots=True)
class Outcomes:
    """What came of the requests: their times, and every answer that was not a success."""

    milliseconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    async def count(self, expected: int, request: Awaitable[httpx2.Response]) -> None:
        begun = time.perf_counter()
        try:
            answer = await request
        except httpx2.HTTPError as error:
            self.errors[type(error).__name__] += 1
        else:
            if answer.status_code != expected:
                self.errors[f"{answer.status_code} instead of {expected}"] += 1
        self.milliseconds.append((time.perf_counter() - begun) * 1000)


class Health:
    """Asks a process whether it lives, again and again, past the gateway.

    From a process of its own: a thread of this one would wait for the crowd's own computing.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.milliseconds: list[float] = []

    @contextmanager
    def asked(self) -> Iterator[None]:
        context = multiprocessing.get_context("spawn")
        begun, ended, answers = context.Event(), context.Event(), context.SimpleQueue()
        process = context.Process(target=_ask, args=(self._url, begun, ended, answers))
        process.start()
        begun.wait()
        try:
            yield
        finally:
            ended.set()
            self.milliseconds += answers.get()
            process.join()


def _ask(url: str, begun: Event, ended: Event, answers: "SimpleQueue[list[float]]") -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS
    )
    milliseconds: list[float] = []
    begun.set()
    while not ended.wait(PAUSE_SECONDS):
        asked = time.perf_counter()
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        milliseconds.append((time.perf_counter() - asked) * 1000)
    connection.close()
    answers.put(milliseconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The half of it is known and signs in, the other half registers."""

    client: httpx2.AsyncClient
    known: Sequence[Person]
    forms: Sequence[dict[str, object]]

    async def arrive(self, outcomes: Outcomes) -> float:
        """All at once; requests per second."""
        begun = time.perf_counter()
        await asyncio.gather(
            *(outcomes.count(REGISTERED, self._register(form)) for form in self.forms),
            *(outcomes.count(SIGNED_IN, self._sign_in(person)) for person in self.known),
        )
        return (len(self.forms) + len(self.known)) / (time.perf_counter() - begun)

    def _register(self, form: dict[str, object]) -> Awaitable[httpx2.Response]:
        headers = {"Idempotency-Key": str(uuid4())}
        return self.client.post("/onboarding/v1/registrations", json=form, headers=headers)

    def _sign_in(self, person: Person) -> Awaitable[httpx2.Response]:
        proof = {"document_number": person.document_number, "password": person.password}
        return self.client.post("/onboarding/v1/sessions", json=proof)


async def measure(stage: Stage) -> list[Finding]:
    outcomes, ours, bare = Outcomes(), list[float](), list[float]()
    async with AsyncExitStack() as exits:
        with stage.console.status("P-load: the whole system starts"):
            system = await Systems(exits)(ONE_ADDRESS)
        gateway = await exits.enter_async_context(GatewayClient(system.url))
        mails = Mailbox.from_environment({**system.environment, **stage.addresses.environment()})
        half, rounds = AT_ONCE // 2, stage.sizes.rounds
        people = make_people(half * (rounds + 2), seed=uuid4().int % 10**9, payers=payers())
        applicants = [
            ApplicantClient(gateway, mails, replace(person, project="default")) for person in people
        ]
        known, strangers = applicants[:half], applicants[half:]
        with stage.console.status("P-load: people register, who sign in later"):
            await asyncio.gather(*(applicant.register() for applicant in known))
            await asyncio.gather(*(applicant.activate() for applicant in known))
        forms = [await applicant.registration_form() for applicant in strangers]
        client = await exits.enter_async_context(
            httpx2.AsyncClient(
                base_url=system.url,
                timeout=TIMEOUT_SECONDS,
                limits=httpx2.Limits(max_connections=AT_ONCE),
            )
        )
        health = Health(system.process_url("onboarding-api"))
        for number in range(rounds + 1):
            crowd = Crowd(
                client=client,
                known=[applicant.person for applicant in known],
                forms=forms[number * half : (number + 1) * half],
            )
            with stage.console.status(f"P-load: round {number} of {rounds}"):
                hashes = await asyncio.to_thread(bare_hashes_per_second)
                if number == 0:
                    await crowd.arrive(Outcomes())
                    continue
                with health.asked():
                    ours.append(await crowd.arrive(outcomes))
                bare.append(hashes)
    return [
        compared(
            row="P-load",
            what=f"{half} registrations and {half} sign-ins at once through the gateway, "
            f"passwords in {threads_for(os.cpu_count())} thread(s)",
            against="bare Argon2id with the same parameters on every core, nothing else",
            unit="requests/s, one password each",
            subject=ours,
            ceiling=bare,
            goal=AtLeast(),
        ),
        answers(outcomes),
        liveness(health.milliseconds),
    ]


def bare_hashes_per_second() -> float:
    cost, cores = Cost(), os.cpu_count() or 1
    hasher = PasswordHasher(
        time_cost=cost.time_cost, memory_cost=cost.memory_kib, parallelism=cost.parallelism
    )
    begun = time.perf_counter()
    with ThreadPoolExecutor(cores) as threads:
        list(threads.map(hasher.hash, (f"password number {n}" for n in range(AT_ONCE))))
    return AT_ONCE / (time.perf_counter() - begun)


def answers(outcomes: Outcomes) -> Finding:
    told = ", ".join(f"{count} times {what}" for what, count in sorted(outcomes.errors.items()))
    times = outcomes.milliseconds
    return Finding(
        id="P-load, answers",
        what=f"the same requests, {AT_ONCE} at once, each from being sent to being answered",
        against="nothing: each waits for those before it",
        measured=f"p50 {percentile(times, 50):,.0f} ms, p99 {percentile(times, 99):,.0f} ms; "
        f"errors: {told or 'none'} of {len(times)}",
        goal="no error",
        met=not outcomes.errors,
    )


def liveness(milliseconds: Sequence[float]) -> Finding:
    p99 = percentile(milliseconds, 99)
    slow = sum(each > GOAL_MS for each in milliseconds)
    return Finding(
        id="P-load, health",
        what="`/health/live` of the process that hashes, asked all the while and past the gateway",
        against="nothing; machine, servers and this program share the cores",
        measured=f"p50 {percentile(milliseconds, 50):,.0f} ms, p99 {p99:,.0f} ms, "
        f"most {max(milliseconds):,.0f} ms; {slow or 'none'} of {len(milliseconds)} longer than "
        f"{GOAL_MS:.0f} ms",
        goal=f"p99 ≤ {GOAL_MS:.0f} ms",
        met=p99 <= GOAL_MS,
    )

"""P-load: concurrent registrations and sign-ins, and the health check during the load."""

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

from bench.environment import BenchEnvironment
from bench.findings import AtLeast, Finding, percentile, speed_finding
from bench.system.end_to_end_latency import HIGH_RATE_LIMITS
from vinculo.onboarding.application.password_hasher import HashingCost, default_threads
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.inboxes import Mailbox
from vinculo.simulation.payers import payers
from vinculo.simulation.people import Person, make_people
from vinculo.testing.systems import Systems

CONCURRENT_REQUESTS = 200
HEALTH_GOAL_MS = 100.0
PAUSE_SECONDS = 0.005
TIMEOUT_SECONDS = 60.0
NO_FLOOR = {"ONBOARDING_RESPONSE_FLOOR_SECONDS": "0"}
REGISTERED, SIGNED_IN = 202, 201


@dataclass(slots=True)
class RequestOutcomes:
    """The times of requests, and the number of failed ones by kind of error."""

    milliseconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    async def count(self, expected: int, request: Awaitable[httpx2.Response]) -> None:
        started = time.perf_counter()
        try:
            response = await request
        except httpx2.HTTPError as error:
            self.errors[type(error).__name__] += 1
        else:
            if response.status_code != expected:
                self.errors[f"{response.status_code} instead of {expected}"] += 1
        self.milliseconds.append((time.perf_counter() - started) * 1000)


class HealthProbe:
    """Polls the health check of a process, not through the gateway.

    It runs in a separate process, because a thread would wait for this process's own work.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.milliseconds: list[float] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        context = multiprocessing.get_context("spawn")
        started, ended, results = context.Event(), context.Event(), context.SimpleQueue()
        process = context.Process(target=_probe, args=(self._url, started, ended, results))
        process.start()
        started.wait()
        try:
            yield
        finally:
            ended.set()
            self.milliseconds += results.get()
            process.join()


def _probe(url: str, started: Event, ended: Event, results: "SimpleQueue[list[float]]") -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS
    )
    milliseconds: list[float] = []
    started.set()
    while not ended.wait(PAUSE_SECONDS):
        sent_at = time.perf_counter()
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        milliseconds.append((time.perf_counter() - sent_at) * 1000)
    connection.close()
    results.put(milliseconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRound:
    """One round: half of the requests are sign-ins, the other half registrations."""

    client: httpx2.AsyncClient
    registered: Sequence[Person]
    forms: Sequence[dict[str, object]]

    async def send_all(self, outcomes: RequestOutcomes) -> float:
        """Send all requests concurrently; requests per second."""
        started = time.perf_counter()
        await asyncio.gather(
            *(outcomes.count(REGISTERED, self._register(form)) for form in self.forms),
            *(outcomes.count(SIGNED_IN, self._sign_in(person)) for person in self.registered),
        )
        return (len(self.forms) + len(self.registered)) / (time.perf_counter() - started)

    def _register(self, form: dict[str, object]) -> Awaitable[httpx2.Response]:
        headers = {"Idempotency-Key": str(uuid4())}
        return self.client.post("/onboarding/v1/registrations", json=form, headers=headers)

    def _sign_in(self, person: Person) -> Awaitable[httpx2.Response]:
        body = {"document_number": person.document_number, "password": person.password}
        return self.client.post("/onboarding/v1/sessions", json=body)


async def measure(environment: BenchEnvironment) -> list[Finding]:
    outcomes, ours, bare = RequestOutcomes(), list[float](), list[float]()
    async with AsyncExitStack() as exits:
        with environment.console.status("P-load: starting the system"):
            system = await Systems(exits)(HIGH_RATE_LIMITS | NO_FLOOR)
        gateway = await exits.enter_async_context(GatewayClient(system.url))
        mailbox = Mailbox.from_environment(
            {**system.environment, **environment.addresses.environment()}
        )
        half, rounds = CONCURRENT_REQUESTS // 2, environment.sizes.rounds
        people = make_people(half * (rounds + 2), seed=uuid4().int % 10**9, payers=payers())
        applicants = [
            ApplicantClient(gateway, mailbox, replace(person, project="default"))
            for person in people
        ]
        registered, new = applicants[:half], applicants[half:]
        with environment.console.status("P-load: registering the people who sign in later"):
            await asyncio.gather(*(applicant.register() for applicant in registered))
            await asyncio.gather(*(applicant.activate() for applicant in registered))
        forms = [await applicant.registration_form() for applicant in new]
        client = await exits.enter_async_context(
            httpx2.AsyncClient(
                base_url=system.url,
                timeout=TIMEOUT_SECONDS,
                limits=httpx2.Limits(max_connections=CONCURRENT_REQUESTS),
            )
        )
        health = HealthProbe(system.process_url("onboarding-api"))
        for number in range(rounds + 1):
            load_round = LoadRound(
                client=client,
                registered=[applicant.person for applicant in registered],
                forms=forms[number * half : (number + 1) * half],
            )
            with environment.console.status(f"P-load: round {number} of {rounds}"):
                hashes = await asyncio.to_thread(bare_hashes_per_second)
                if number == 0:
                    await load_round.send_all(RequestOutcomes())
                    continue
                with health.running():
                    ours.append(await load_round.send_all(outcomes))
                bare.append(hashes)
    return [
        speed_finding(
            row="P-load",
            what=f"{half} concurrent registrations and {half} sign-ins through the gateway, "
            f"password hashing in {default_threads(os.cpu_count())} thread(s)",
            against="bare Argon2id with the same parameters on every core",
            unit="requests/s, one password hash each",
            subject=ours,
            ceiling=bare,
            goal=AtLeast(),
        ),
        response_finding(outcomes),
        health_finding(health.milliseconds),
    ]


def bare_hashes_per_second() -> float:
    cost, cores = HashingCost(), os.cpu_count() or 1
    hasher = PasswordHasher(
        time_cost=cost.time_cost, memory_cost=cost.memory_kib, parallelism=cost.parallelism
    )
    started = time.perf_counter()
    with ThreadPoolExecutor(cores) as threads:
        list(threads.map(hasher.hash, (f"password number {n}" for n in range(CONCURRENT_REQUESTS))))
    return CONCURRENT_REQUESTS / (time.perf_counter() - started)


def response_finding(outcomes: RequestOutcomes) -> Finding:
    errors = ", ".join(f"{count} times {what}" for what, count in sorted(outcomes.errors.items()))
    times = outcomes.milliseconds
    return Finding(
        id="P-load, answers",
        what=f"the same {CONCURRENT_REQUESTS} concurrent requests, from request to response",
        against="no reference: each request waits for those before it",
        measured=f"p50 {percentile(times, 50):,.0f} ms, p99 {percentile(times, 99):,.0f} ms; "
        f"errors: {errors or 'none'} of {len(times)}",
        goal="no error",
        met=not outcomes.errors,
    )


def health_finding(milliseconds: Sequence[float]) -> Finding:
    p99 = percentile(milliseconds, 99)
    slow = sum(each > HEALTH_GOAL_MS for each in milliseconds)
    return Finding(
        id="P-load, health",
        what="`/health/live` of the process that hashes passwords, polled during the load",
        against="no reference: system, servers and benchmark share the cores",
        measured=f"p50 {percentile(milliseconds, 50):,.0f} ms, p99 {p99:,.0f} ms, "
        f"max {max(milliseconds):,.0f} ms; {slow or 'none'} of {len(milliseconds)} longer than "
        f"{HEALTH_GOAL_MS:.0f} ms",
        goal=f"p99 ≤ {HEALTH_GOAL_MS:.0f} ms",
        met=p99 <= HEALTH_GOAL_MS,
    )

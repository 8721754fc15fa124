"""P12, result: time from the response to `completion` until the result can be read, and CPU time.

The whole system, over the gateway. Files are those of the simulation, in equal parts; a few people
send them, one after another or several at once.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from bench.environment import BenchEnvironment
from bench.findings import Finding, percentile, percentiles
from bench.system.cost_per_person import cpu_of_servers_and_services
from bench.system.end_to_end_latency import HIGH_RATE_LIMITS
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.document_files import DocumentFile, required_files
from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.inboxes import Mailbox
from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people
from vinculo.testing.systems import Systems

PEOPLE = 10
FILES_PER_SIZE = 5
AT_ONCE = (1, 8)
WARM_UP_FILES = 8
PAUSE_SECONDS = 0.01
TIMEOUT_SECONDS = 60.0
IDLE_SECONDS = 10.0

Work = tuple[ApplicantClient, DocumentFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Times of the files, and the CPU time of servers and services less that of an idle system."""

    milliseconds: Sequence[float]
    cpu_seconds: float
    seconds: float


async def measure(environment: BenchEnvironment) -> list[Finding]:
    async with _applicants(environment) as applicants:
        idle = cpu_of_servers_and_services()
        await asyncio.sleep(IDLE_SECONDS)
        idle_rate = cpu_of_servers_and_services().total_since(idle) / IDLE_SECONDS
        files = environment.sizes.files * FILES_PER_SIZE
        findings = []
        for at_once in AT_ONCE:
            await _run(_work(applicants, WARM_UP_FILES), at_once, idle_rate)
            title = f"P12: {files} files, {at_once} at once"
            with environment.console.status(title):
                run = await _run(_work(applicants, files), at_once, idle_rate)
            finding = _finding(at_once, run)
            environment.console.print(f"[dim]{title}:[/] {finding.measured}", highlight=False)
            findings.append(finding)
        return findings


@asynccontextmanager
async def _applicants(environment: BenchEnvironment) -> AsyncIterator[list[ApplicantClient]]:
    """Activated people of a system that is stopped at the end."""
    async with AsyncExitStack() as exits:
        with environment.console.status("P12: starting the system"):
            system = await Systems(exits)(HIGH_RATE_LIMITS)
        gateway = await exits.enter_async_context(GatewayClient(system.url))
        mailbox = Mailbox.from_environment(
            {**system.environment, **environment.addresses.environment()}
        )
        people = make_people(PEOPLE, seed=uuid4().int % 10**9, payers=payers())
        applicants = [ApplicantClient(gateway, mailbox, person) for person in people]
        for applicant in applicants:
            await applicant.register()
            await applicant.activate()
        yield applicants


def _work(applicants: Sequence[ApplicantClient], files: int) -> list[Work]:
    """Files of all kinds by turns, so that their mix is the same at any time."""
    today = datetime.now(UTC).date()
    work: list[Work] = []
    while len(work) < files:
        day = today - timedelta(days=len(work) // len(applicants))
        sets = [required_files(applicant.person, day) for applicant in applicants]
        for kind in range(len(sets[0])):
            work += [(who, each[kind]) for who, each in zip(applicants, sets, strict=True)]
    return work[:files]


async def _run(work: Sequence[Work], at_once: int, idle_rate: float) -> Run:
    slots = asyncio.Semaphore(at_once)

    async def one(applicant: ApplicantClient, file: DocumentFile) -> float:
        async with slots:
            path = await applicant.send(file)
            return await _milliseconds_until_screened(applicant, path)

    begun, before = time.perf_counter(), cpu_of_servers_and_services()
    milliseconds = await asyncio.gather(*(one(*each) for each in work))
    seconds = time.perf_counter() - begun
    used = cpu_of_servers_and_services().total_since(before)
    return Run(milliseconds=milliseconds, cpu_seconds=used - idle_rate * seconds, seconds=seconds)


async def _milliseconds_until_screened(applicant: ApplicantClient, path: str) -> float:
    begun = time.perf_counter()
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while True:
            upload = await applicant.screened(path)
            if upload is not None:
                break
            await asyncio.sleep(PAUSE_SECONDS)
    milliseconds = (time.perf_counter() - begun) * 1000
    if upload["state"] != "screened":
        raise ValueError(f"{path} was not accepted: {upload}")
    return milliseconds


def _finding(at_once: int, run: Run) -> Finding:
    ms, files = run.milliseconds, len(run.milliseconds)
    p50, p95 = percentile(ms, 50), percentile(ms, 95)
    per_file = run.cpu_seconds / files * 1000
    return Finding(
        id=f"P12, {at_once} at once",
        what="from the response to `completion` until the result of the screening can be read: "
        f"{files} files of the simulation, {at_once} at once",
        against="no reference: whole system over the gateway; CPU time of servers and services "
        f"from announcing a file to its result, less an idle system's; polled every "
        f"{PAUSE_SECONDS * 1000:.0f} ms",
        measured=f"p50 {p50:,.0f} ms, p95 {p95:,.0f} ms ({min(ms):,.0f} to {max(ms):,.0f}); "
        f"{files / run.seconds:.1f} files per second, {per_file:.0f} ms of CPU time per file",
        points={"ms": percentiles(ms)},
    )

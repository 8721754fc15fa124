"""P9: CPU seconds and SQL statements per person, from registration to promotion, and idle costs.

CPU seconds are of all servers and services together, less what they use while idle for the same
time. The client, which is this process, does not count. The floor does the work that no program
could leave out, on the same servers.
"""

import asyncio
import io
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pikepdf
import psutil
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from argon2 import PasswordHasher
from PIL import Image
from pymongo import AsyncMongoClient

from bench.environment import BenchEnvironment, fresh_name
from bench.findings import NONE, Finding
from bench.store.relay import PARTITIONS, producer
from bench.system.end_to_end_latency import HIGH_RATE_LIMITS
from vinculo.onboarding.application.password_hasher import HashingCost
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.document_files import JPEG, DocumentFile, required_files
from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.inboxes import Mailbox
from vinculo.simulation.operator_client import OperatorClient
from vinculo.simulation.payers import payers
from vinculo.simulation.people import Person, make_people
from vinculo.simulation.polling import wait_until
from vinculo.simulation.staff import demo_staff, signed_in_operator
from vinculo.testing.databases import connected
from vinculo.testing.systems import Systems
from vinculo.testing.topics import create_topics, delete_topics

CONCURRENT_PEOPLE = 12
EVENTS_PER_PERSON = 37
EVENT = json.dumps({"text": "x" * 600})
GOAL_CPU_SECONDS = 0.6
GOAL_IDLE_MS = 60.0
SETTLE_SECONDS = 5.0
KAFKA_PROCESS = "java"
TABLE = "CREATE TABLE floor (id bigserial PRIMARY KEY, person uuid NOT NULL, data jsonb NOT NULL)"
INSERT = "INSERT INTO floor (person, data) VALUES ($1, $2::jsonb)"
STATEMENTS = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements"


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """CPU seconds used so far, by process name; children that have ended are included."""

    seconds: dict[str, float]

    def total_since(self, earlier: "CpuTimes", *, without: str = "") -> float:
        return sum(
            seconds - earlier.seconds.get(name, 0.0)
            for name, seconds in self.seconds.items()
            if name != without
        )


def cpu_of_servers_and_services() -> CpuTimes:
    """All of them are children of this process."""
    seconds: dict[str, float] = {}
    for process in psutil.Process().children(recursive=True):
        try:
            name, times = process.name(), process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used = times.user + times.system + times.children_user + times.children_system
        seconds[name] = seconds.get(name, 0.0) + used
    return CpuTimes(seconds)


def cpu_with_this_process() -> CpuTimes:
    own = psutil.Process().cpu_times()
    return CpuTimes({**cpu_of_servers_and_services().seconds, "": own.user + own.system})


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """Takes people through the five steps, the review and the promotion.

    `payer_ids` are by name.
    """

    gateway: GatewayClient
    mailbox: Mailbox
    operator: OperatorClient
    payer_ids: Mapping[str, UUID]

    async def run(self, people: Sequence[Person]) -> None:
        slots = asyncio.Semaphore(CONCURRENT_PEOPLE)

        async def run_one(person: Person) -> None:
            async with slots:
                await self._run_one(ApplicantClient(self.gateway, self.mailbox, person))

        await asyncio.gather(*(run_one(each) for each in people))

    async def _run_one(self, applicant: ApplicantClient) -> None:
        await applicant.register()
        person_id = await applicant.activate()
        payer = applicant.person.employment.payer.name
        await applicant.declare_employment(self.payer_ids[payer])
        await applicant.upload_all()
        await applicant.complete()

        async def submitted() -> bool | None:
            return (await self.operator.dossier(person_id))["status"] == "submitted" or None

        await wait_until(f"the submitted dossier of {person_id}", submitted)
        await self.operator.accept_dossier(person_id)
        await self.operator.wait_for_status(person_id, "enabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """One password hash, four files decoded and encoded, and the events stored, sent, inserted."""

    database: "asyncpg.Connection[Any]"
    kafka: AIOKafkaProducer
    topic: str
    mongo: AsyncMongoClient[dict[str, Any]]

    async def run(self, files: Sequence[Sequence[DocumentFile]]) -> None:
        cost = HashingCost()
        hasher = PasswordHasher(
            time_cost=cost.time_cost, memory_cost=cost.memory_kib, parallelism=cost.parallelism
        )
        for files_of_person in files:
            hasher.hash("the password of a person")
            for file in files_of_person:
                decode_and_encode(file)
            person = uuid4()
            for _ in range(EVENTS_PER_PERSON):
                await self.database.execute(INSERT, person, EVENT)
            for sent in [
                await self.kafka.send(self.topic, EVENT.encode(), key=person.bytes)
                for _ in range(EVENTS_PER_PERSON)
            ]:
                await sent
            await self.mongo[self.topic].events.insert_many(
                [{"person": str(person), "data": EVENT} for _ in range(EVENTS_PER_PERSON)]
            )


def decode_and_encode(file: DocumentFile) -> None:
    if file.media_type == JPEG:
        with Image.open(io.BytesIO(file.content)) as image:
            image.save(io.BytesIO(), "JPEG", quality=90)
    else:
        with pikepdf.open(io.BytesIO(file.content)) as pdf:
            pdf.save(io.BytesIO())


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleCost:
    """CPU per second, with and without Kafka; `writes` are changed documents of MongoDB."""

    cpu_ms: float
    cpu_ms_without_kafka: float
    writes: int
    seconds: float


async def measure(environment: BenchEnvironment) -> list[Finding]:
    sizes = environment.sizes
    async with AsyncExitStack() as exits:
        with environment.console.status("P9: starting the system"):
            system = await Systems(exits)(HIGH_RATE_LIMITS)
        gateway = await exits.enter_async_context(GatewayClient(system.url))
        operator = await signed_in_operator(
            gateway, demo_staff(system.environment)[0], system.environment
        )
        known = payers()
        payer_ids = {each.name: await operator.register_payer(each) for each in known}
        mailbox = Mailbox.from_environment(
            {**system.environment, **environment.addresses.environment()}
        )
        journeys = Journeys(
            gateway=gateway, mailbox=mailbox, operator=operator, payer_ids=payer_ids
        )
        database = await exits.enter_async_context(connected(environment.addresses.postgres_url))
        await database.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        floor = await _floor(environment, exits)
        await asyncio.sleep(SETTLE_SECONDS)
        with environment.console.status("P9: idle"):
            idle = await _idle_cost(environment, sizes.idle_seconds)
        ours, least, statements = list[float](), list[float](), list[float]()
        for number in range(sizes.rounds + 1):
            people = [
                replace(each, project="default")
                for each in make_people(sizes.journeys, seed=uuid4().int % 10**9, payers=known)
            ]
            with environment.console.status(f"P9: round {number} of {sizes.rounds}"):
                before = await database.fetchval(STATEMENTS)
                started = time.perf_counter()
                gross = await _cpu_of(journeys.run(people), cpu_of_servers_and_services)
                whole = gross - idle.cpu_ms / 1000 * (time.perf_counter() - started)
                made = await database.fetchval(STATEMENTS) - before
                today = datetime.now(UTC).date()
                files = [required_files(each, today) for each in people]
                bare = await _cpu_of(floor.run(files), cpu_with_this_process)
            environment.console.print(
                f"[dim]P9:[/] {whole / sizes.journeys * 1000:,.0f} ms per person against "
                f"{bare / sizes.journeys * 1000:,.0f}, {made / sizes.journeys:,.0f} statements",
                highlight=False,
            )
            if number > 0:
                ours.append(whole / sizes.journeys)
                least.append(bare / sizes.journeys)
                statements.append(made / sizes.journeys)
    return [_journey_finding(ours, least, statements), _idle_finding(idle)]


async def _floor(environment: BenchEnvironment, exits: AsyncExitStack) -> Floor:
    database = await exits.enter_async_context(connected(await environment.event_database()))
    await database.execute(TABLE)
    topic = fresh_name()
    await create_topics(environment.addresses.kafka, [topic], partitions=PARTITIONS)
    exits.push_async_callback(delete_topics, environment.addresses.kafka, [topic])
    mongo = AsyncMongoClient[dict[str, Any]](environment.addresses.mongo_url)
    exits.push_async_callback(mongo.close)
    exits.push_async_callback(mongo.drop_database, topic)
    kafka = await exits.enter_async_context(producer(environment.addresses.kafka))
    return Floor(database=database, kafka=kafka, topic=topic, mongo=mongo)


async def _cpu_of(work: Awaitable[None], read: Callable[[], CpuTimes]) -> float:
    """CPU seconds of the work and of what follows it, such as the last projections."""
    before = read()
    await work
    await asyncio.sleep(SETTLE_SECONDS)
    return read().total_since(before)


async def _idle_cost(environment: BenchEnvironment, seconds: float) -> IdleCost:
    async with AsyncMongoClient[dict[str, Any]](environment.addresses.mongo_url) as mongo:
        before, written = cpu_of_servers_and_services(), await _writes(mongo)
        await asyncio.sleep(seconds)
        after = cpu_of_servers_and_services()
        return IdleCost(
            cpu_ms=after.total_since(before) / seconds * 1000,
            cpu_ms_without_kafka=after.total_since(before, without=KAFKA_PROCESS) / seconds * 1000,
            writes=await _writes(mongo) - written,
            seconds=seconds,
        )


async def _writes(mongo: AsyncMongoClient[dict[str, Any]]) -> int:
    changed = (await mongo.admin.command("serverStatus"))["metrics"]["document"]
    return int(changed["inserted"] + changed["updated"] + changed["deleted"])


def _journey_finding(
    ours: Sequence[float], least: Sequence[float], statements: Sequence[float]
) -> Finding:
    ratios = [each / floor for each, floor in zip(ours, least, strict=True)]
    return Finding(
        id="P9",
        what=f"a person from registration to promotion, {CONCURRENT_PEOPLE} at once: CPU of all "
        "services and servers, less their idle costs, without the client",
        against="the floor: one password hash, the four files decoded and encoded, "
        f"{EVENTS_PER_PERSON} events inserted, sent and inserted into MongoDB by bare clients",
        measured=f"{median(ours) * 1000:,.0f} ms against {median(least) * 1000:,.0f} ms CPU, "
        f"{median(statements):,.0f} SQL statements",
        ratio=f"{median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f})",
        goal=f"≤ {GOAL_CPU_SECONDS * 1000:,.0f} ms",
        met=median(ours) <= GOAL_CPU_SECONDS,
    )


def _idle_finding(idle: IdleCost) -> Finding:
    return Finding(
        id="P9, idle",
        what=f"{idle.seconds:.0f} seconds without requests: CPU per second of everything but "
        f"Kafka on {os.cpu_count()} cores, and writes to MongoDB",
        against="no reference",
        measured=f"{idle.cpu_ms_without_kafka:,.0f} ms/s, {idle.writes} writes",
        ratio=NONE,
        goal=f"≤ {GOAL_IDLE_MS:.0f} ms/s, no writes",
        met=idle.cpu_ms_without_kafka <= GOAL_IDLE_MS and idle.writes == 0,
    )

"""Whether the time of a registration tells if its document is known. Run by hand.

`python -m bench.system.registration_times --pairs 1000`, and with `--floor 0` for comparison. In
each pair a new document and one that is registered already are sent, in random order, while other
clients sign in. P is the share of pairs of a known and an unknown one in which the unknown one was
slower (Mann-Whitney, ties count half); without a difference it is 0.5.
"""

import asyncio
import random
import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from math import erfc, sqrt
from statistics import median
from typing import Annotated, Any
from uuid import uuid4

import httpx2
import typer
from rich.console import Console

from bench.environment import QUICK, bench_environment
from bench.system.end_to_end_latency import HIGH_RATE_LIMITS
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.inboxes import Mailbox
from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people
from vinculo.testing.systems import Systems

REGISTERED = 202
TIMEOUT_SECONDS = 60.0
OWN_NETWORKS = {"VINCULO_TRUSTED_PROXIES": "127.0.0.1"}
"""Every request names its client, because a client has few places in the password queue."""

Pairs = Annotated[int, typer.Option(min=10, help="Pairs of a known and an unknown document.")]
Floor = Annotated[float, typer.Option(min=0, help="ONBOARDING_RESPONSE_FLOOR_SECONDS.")]
Workers = Annotated[int, typer.Option(min=1, help="Pairs in progress at the same time.")]
Load = Annotated[int, typer.Option(min=0, help="Clients that sign in all the time.")]


@dataclass(slots=True)
class Times:
    """Seconds of registrations, in the order of the pairs."""

    known: list[float] = field(default_factory=list)
    unknown: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Registrations:
    """Sends forms of `people`; each is sent once as unknown and once, later, as known."""

    client: httpx2.AsyncClient
    forms: Sequence[dict[str, Any]]

    async def seconds_of(self, number: int) -> float:
        """Send a form until it is accepted; the time of the accepted request."""
        while True:
            started = time.perf_counter()
            response = await self.client.post(
                "/onboarding/v1/registrations", json=self.forms[number], headers=other_network()
            )
            seconds = time.perf_counter() - started
            if response.status_code == REGISTERED:
                return seconds
            await asyncio.sleep(float(response.headers["retry-after"]))


def mann_whitney(slower: Sequence[float], faster: Sequence[float]) -> tuple[float, float]:
    """P(slower > faster) with ties as halves, and the two-sided p-value (normal approximation)."""
    ordered = sorted(faster)
    wins = sum(bisect_left(ordered, each) + bisect_right(ordered, each) for each in slower) / 2
    pairs = len(slower) * len(faster)
    deviation = sqrt(pairs * (len(slower) + len(faster) + 1) / 12)
    return wins / pairs, erfc(abs(wins - pairs / 2) / deviation / sqrt(2))


def other_network() -> dict[str, str]:
    parts = (str(random.randrange(1, 255)) for _ in range(3))  # noqa: S311 - not secret
    return {"X-Forwarded-For": f"10.{'.'.join(parts)}"}


async def sign_in_all_the_time(client: httpx2.AsyncClient) -> None:
    """Unknown documents, which cost the same hashing as known ones."""
    while True:
        number = str(random.randrange(10**9, 10**10))  # noqa: S311 - not secret
        response = await client.post(
            "/onboarding/v1/sessions",
            json={"document_number": number, "password": "a wrong password"},
            headers=other_network(),
        )
        await asyncio.sleep(float(response.headers.get("retry-after", 0)))


async def measure_pairs(registrations: Registrations, pairs: int, workers: int) -> Times:
    """Pair `n` has the document `n + workers` as the unknown and `n` as the known one."""
    for number in range(workers):
        await registrations.seconds_of(number)
    times = Times()
    registered = [asyncio.Event() for _ in range(pairs + workers)]
    for event in registered[:workers]:
        event.set()
    numbers = iter(range(pairs))

    async def known(number: int) -> None:
        times.known.append(await registrations.seconds_of(number))

    async def unknown(number: int) -> None:
        times.unknown.append(await registrations.seconds_of(number))
        registered[number].set()

    async def work() -> None:
        for number in numbers:
            await registered[number].wait()
            pair = [known(number), unknown(number + workers)]
            random.shuffle(pair)
            for each in pair:
                await each

    await asyncio.gather(*(work() for _ in range(workers)))
    return times


async def measure(console: Console, pairs: int, floor: float, workers: int, load: int) -> None:
    async with AsyncExitStack() as exits:
        environment = await exits.enter_async_context(bench_environment(QUICK, console))
        limits = {**HIGH_RATE_LIMITS, **OWN_NETWORKS}
        del limits["ONBOARDING_PASSWORD_WAIT_SECONDS"]
        system = await Systems(exits)({**limits, "ONBOARDING_RESPONSE_FLOOR_SECONDS": str(floor)})
        gateway = await exits.enter_async_context(GatewayClient(system.url))
        mailbox = Mailbox.from_environment(
            {**system.environment, **environment.addresses.environment()}
        )
        people = make_people(pairs + workers, seed=uuid4().int % 10**9, payers=payers())
        forms = [
            await ApplicantClient(
                gateway, mailbox, replace(each, project="default", locale="es")
            ).registration_form()
            for each in people
        ]
        client = await exits.enter_async_context(
            httpx2.AsyncClient(base_url=system.url, timeout=TIMEOUT_SECONDS)
        )
        signing_in = [asyncio.ensure_future(sign_in_all_the_time(client)) for _ in range(load)]
        try:
            times = await measure_pairs(Registrations(client, forms), pairs, workers)
        finally:
            for each in signing_in:
                each.cancel()
            await asyncio.gather(*signing_in, return_exceptions=True)
    share, significance = mann_whitney(times.unknown, times.known)
    console.print(
        f"{pairs} pairs, floor {floor} s: P(unknown slower) {share:.3f}, p {significance:.3f}; "
        f"medians {median(times.known) * 1000:,.1f} ms known, "
        f"{median(times.unknown) * 1000:,.1f} ms unknown",
        highlight=False,
    )


def main(pairs: Pairs = 1000, floor: Floor = 1.0, workers: Workers = 4, load: Load = 4) -> None:
    asyncio.run(measure(Console(), pairs, floor, workers, load))


if __name__ == "__main__":
    typer.run(main)

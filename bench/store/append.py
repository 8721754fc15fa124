"""P1: appends of one event by sixteen concurrent clients, compared with bare connections."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench.environment import BenchEnvironment
from bench.findings import AtLeast, Finding, speed_finding
from bench.rounds import alternate
from bench.store.sample_aggregate import (
    META,
    PAYMENTS,
    PaymentRecorded,
    RecordPayment,
    new_event,
    payment,
)
from vinculo.eventstore import PostgresEventStore, create_engine, execute
from vinculo.eventstore.codec import to_row
from vinculo.eventstore.postgres import APPEND, READ
from vinculo.testing.databases import connected

CLIENTS = 16
STREAM_LENGTH = 10
# Three quarters of the pool serve single statements, so sixteen of them run concurrently.
POOL_SIZE = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """An event to append to its stream, which has `version` events."""

    stream: UUID
    version: int
    event: PaymentRecorded


def appends_per_client(appends: int) -> list[list[Append]]:
    """The appends of each client, to complete streams that no other client uses."""
    streams = max(1, appends // (CLIENTS * STREAM_LENGTH))
    return [
        [
            Append(stream=stream, version=version, event=payment(stream))
            for stream in [uuid4() for _ in range(streams)]
            for version in range(STREAM_LENGTH)
        ]
        for _ in range(CLIENTS)
    ]


def parameters(append: Append) -> tuple[Any, ...]:
    """The parameters of the append statement, as the store builds them."""
    row = to_row(new_event(append.event))
    return (
        PAYMENTS.stream_id(append.stream),
        append.stream,
        append.version,
        [row.event_id],
        [row.type],
        [row.data],
        [row.personal],
        [row.meta],
    )


async def appends_per_second(work: Sequence[Awaitable[None]], appends: int) -> float:
    """Run all concurrently; appends per second."""
    started = time.perf_counter()
    await asyncio.gather(*work)
    return appends / (time.perf_counter() - started)


class AppendCandidates:
    """The store, commands and bare connections, each doing the same appends."""

    def __init__(
        self, store: PostgresEventStore, bare: Sequence["asyncpg.Connection[Any]"], appends: int
    ) -> None:
        self._store = store
        self._bare = bare
        self._appends = appends

    async def store_appends(self) -> Mapping[str, float]:
        return {"store": await self._clients(self._append_all)}

    async def bare_appends(self) -> Mapping[str, float]:
        return {"bare": await self._connections(self._append_bare)}

    async def commands(self) -> Mapping[str, float]:
        return {"commands": await self._clients(self._execute_all)}

    async def bare_reads_and_appends(self) -> Mapping[str, float]:
        return {"bare reads and appends": await self._connections(self._read_and_append_bare)}

    async def _clients(self, work: Callable[[list[Append]], Awaitable[None]]) -> float:
        clients = appends_per_client(self._appends)
        return await appends_per_second(
            [work(appends) for appends in clients], sum(map(len, clients))
        )

    async def _connections(
        self,
        work: Callable[["asyncpg.Connection[Any]", list[tuple[Any, ...]]], Awaitable[None]],
    ) -> float:
        clients = [
            [parameters(append) for append in appends]
            for appends in appends_per_client(self._appends)
        ]
        return await appends_per_second(
            [work(*each) for each in zip(self._bare, clients, strict=True)],
            sum(map(len, clients)),
        )

    async def _append_all(self, appends: list[Append]) -> None:
        for append in appends:
            await self._store.append(
                PAYMENTS.stream_id(append.stream),
                subject=append.stream,
                expected_version=append.version,
                events=[new_event(append.event)],
            )

    async def _execute_all(self, appends: list[Append]) -> None:
        for append in appends:
            command = RecordPayment(payment=append.event)
            await execute(self._store, PAYMENTS, append.stream, command, meta=META)

    @staticmethod
    async def _append_bare(
        connection: "asyncpg.Connection[Any]", rows: list[tuple[Any, ...]]
    ) -> None:
        for row in rows:
            await connection.fetch(APPEND, *row)

    @staticmethod
    async def _read_and_append_bare(
        connection: "asyncpg.Connection[Any]", rows: list[tuple[Any, ...]]
    ) -> None:
        for row in rows:
            await connection.fetch(READ, row[0])
            await connection.fetch(APPEND, *row)


async def measure(environment: BenchEnvironment) -> list[Finding]:
    url = await environment.event_database()
    async with AsyncExitStack() as exits:
        engine = create_engine(url, pool_size=POOL_SIZE)
        exits.push_async_callback(engine.dispose)
        bare = [await exits.enter_async_context(connected(url)) for _ in range(CLIENTS)]
        candidates = AppendCandidates(PostgresEventStore(engine), bare, environment.sizes.appends)
        figures = await alternate(
            "P1 append",
            {
                "store": candidates.store_appends,
                "bare connections": candidates.bare_appends,
                "commands": candidates.commands,
                "bare reads and appends": candidates.bare_reads_and_appends,
            },
            rounds=environment.sizes.rounds,
            console=environment.console,
        )
    return [
        speed_finding(
            row="P1",
            what=f"append one event, {CLIENTS} clients: domain event to `Codec`, `NewEvent`, JSON, "
            "pooled connection, statement with outbox row, commit",
            against="the same statement with prepared parameters "
            f"on {CLIENTS} bare asyncpg connections",
            unit="events/s",
            subject=figures["store"],
            ceiling=figures["bare"],
            goal=AtLeast(ratio=0.75),
        ),
        speed_finding(
            row="P1, command",
            what=f"`execute`, {CLIENTS} clients: read and fold a stream of 0 to "
            f"{STREAM_LENGTH - 1} events, decide, then append as above",
            against="the read and the append statement with prepared parameters "
            f"on {CLIENTS} bare asyncpg connections",
            unit="commands/s",
            subject=figures["commands"],
            ceiling=figures["bare reads and appends"],
            goal=AtLeast(),
        ),
    ]

"""P1: appending one event by sixteen clients at once, beside bare connections."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench.findings import AtLeast, Finding, compared
from bench.rounds import alternate
from bench.stage import Stage
from bench.store.payments import META, PAYMENTS, PaymentRecorded, RecordPayment, new_event, payment
from vinculo.eventstore import PostgresEventStore, create_engine, execute
from vinculo.eventstore.codec import to_row
from vinculo.eventstore.postgres import APPEND, READ

CLIENTS = 16
STREAM_LENGTH = 10
# Three quarters of a pool serve single statements, so this lets sixteen of them run at once.
POOL_SIZE = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """One event to come, after `version` others of its stream."""

    stream: UUID
    version: int
    event: PaymentRecorded


def shares(appends: int) -> list[list[Append]]:
    """What each client has to append: streams of its own, each from its beginning."""
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
    """The statement's parameters, as the store makes them."""
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


async def at_once(work: Sequence[Awaitable[None]], appends: int) -> float:
    """Appends a second."""
    begun = time.perf_counter()
    await asyncio.gather(*work)
    return appends / (time.perf_counter() - begun)


class Contestants:
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
        given = shares(self._appends)
        return await at_once([work(share) for share in given], sum(map(len, given)))

    async def _connections(
        self,
        work: Callable[["asyncpg.Connection[Any]", list[tuple[Any, ...]]], Awaitable[None]],
    ) -> float:
        given = [[parameters(append) for append in share] for share in shares(self._appends)]
        return await at_once(
            [work(*each) for each in zip(self._bare, given, strict=True)], sum(map(len, given))
        )

    async def _append_all(self, share: list[Append]) -> None:
        for append in share:
            await self._store.append(
                PAYMENTS.stream_id(append.stream),
                subject=append.stream,
                expected_version=append.version,
                events=[new_event(append.event)],
            )

    async def _execute_all(self, share: list[Append]) -> None:
        for append in share:
            command = RecordPayment(payment=append.event)
            await execute(self._store, PAYMENTS, append.stream, command, meta=META)

    @staticmethod
    async def _append_bare(
        connection: "asyncpg.Connection[Any]", share: list[tuple[Any, ...]]
    ) -> None:
        for each in share:
            await connection.fetch(APPEND, *each)

    @staticmethod
    async def _read_and_append_bare(
        connection: "asyncpg.Connection[Any]", share: list[tuple[Any, ...]]
    ) -> None:
        for each in share:
            await connection.fetch(READ, each[0])
            await connection.fetch(APPEND, *each)


async def measure(stage: Stage) -> list[Finding]:
    url = await stage.event_database()
    async with AsyncExitStack() as exits:
        engine = create_engine(url, pool_size=POOL_SIZE)
        exits.push_async_callback(engine.dispose)
        bare = []
        for _ in range(CLIENTS):
            connection = await asyncpg.connect(url)
            exits.push_async_callback(connection.close)
            bare.append(connection)
        contestants = Contestants(PostgresEventStore(engine), bare, stage.sizes.appends)
        figures = await alternate(
            "P1 append",
            {
                "store": contestants.store_appends,
                "bare connections": contestants.bare_appends,
                "commands": contestants.commands,
                "bare reads and appends": contestants.bare_reads_and_appends,
            },
            rounds=stage.sizes.rounds,
            console=stage.console,
        )
    return [
        compared(
            row="P1",
            what=f"append one event, {CLIENTS} clients: domain event to `Codec`, `NewEvent`, JSON, "
            "connection of the pool, statement with outbox row, commit",
            against="the same statement with ready-made parameters "
            f"on {CLIENTS} bare asyncpg connections",
            unit="events/s",
            subject=figures["store"],
            ceiling=figures["bare"],
            goal=AtLeast(ratio=0.6),
        ),
        compared(
            row="P1, command",
            what=f"`execute`, {CLIENTS} clients: read and fold a stream of 0 to "
            f"{STREAM_LENGTH - 1} events, decide, then as above",
            against="the reading and the appending statement, with ready-made parameters, "
            f"on {CLIENTS} bare asyncpg connections",
            unit="commands/s",
            subject=figures["commands"],
            ceiling=figures["bare reads and appends"],
            goal=AtLeast(),
        ),
    ]

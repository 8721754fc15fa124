"""The queue for computations on passwords, bounded by the time that they would wait.

Many sign-ins from one address would make all others wait. So a computation that would wait too
long is refused at once, a client has few places while others wait, and a client that hung up loses
its place.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import ceil
from time import perf_counter
from typing import Any, Final, TypeVar

from vinculo.httpapi.client import Client, current_client

Result = TypeVar("Result")

MAX_WAIT_SECONDS: Final = 2.0
PLACES_WHILE_OTHERS_WAIT: Final = 2
INITIAL_SECONDS: Final = 0.05
_WEIGHT_OF_LATEST: Final = 0.2


class PasswordHasherBusy(Exception):
    """The computation would wait too long, or its client has its places; nothing was started."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class ClientHungUp(Exception):
    """The client left while its computation waited; nothing was started."""


@dataclass(eq=False, slots=True)
class _Place:
    """`network` is None for work without a client; `turn` is False for a place that was lost.

    `seconds` is what the computation took in its thread; None before its end.
    """

    network: str | None
    kind: str
    turn: asyncio.Future[bool] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    seconds: float | None = None


class PasswordQueue:
    """First in, first out, on `threads`; for one event loop.

    How long a computation would wait is estimated from the recent durations of each kind, and what
    has waited for `max_wait_seconds` after all is refused, too. A client is a network (an IPv4
    address or an IPv6 /64) and may fill the queue while it is alone; as soon as another one has to
    wait, all but its first `PLACES_WHILE_OTHERS_WAIT` computations are refused, so the other never
    waits behind more than those.
    """

    def __init__(self, *, threads: int = 1, max_wait_seconds: float = MAX_WAIT_SECONDS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password-hasher")
        self._threads = threads
        self._max_wait_seconds = max_wait_seconds
        self._running: list[_Place] = []
        self._waiting: list[_Place] = []
        self._seconds: dict[str, float] = {}

    async def run(self, kind: str, work: Callable[[], Result]) -> Result:
        """Run in a thread. Raises PasswordHasherBusy or ClientHungUp, then nothing has run."""
        client = current_client.get()
        place = _Place(None if client is None else client.network, kind)
        if len(self._running) < self._threads:
            self._running.append(place)
        else:
            self._enqueue(place)
            await self._wait_for_turn(place, client)
        future = asyncio.get_running_loop().run_in_executor(self._pool, _timed, place, work)
        # A thread cannot be interrupted: a cancelled request keeps its thread until it is free.
        future.add_done_callback(lambda _: self._leave(place))
        return await asyncio.shield(future)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _enqueue(self, place: _Place) -> None:
        others_wait = any(each.network != place.network for each in self._waiting)
        if others_wait and self._places_of(place.network) >= PLACES_WHILE_OTHERS_WAIT:
            raise self._busy()
        staying = self._staying_with(place.network)
        if self._estimated_wait(staying) > self._max_wait_seconds:
            raise self._busy()
        for each in self._waiting:
            if each not in staying:
                each.turn.set_result(False)
        self._waiting = [*staying, place]

    def _staying_with(self, newcomer: str | None) -> list[_Place]:
        """What goes on waiting before the newcomer: of each other client its first places."""
        places: dict[str | None, int] = {}
        for each in self._running:
            places[each.network] = places.get(each.network, 0) + 1
        staying = []
        for each in self._waiting:
            places[each.network] = places.get(each.network, 0) + 1
            if each.network == newcomer or places[each.network] <= PLACES_WHILE_OTHERS_WAIT:
                staying.append(each)
        return staying

    def _places_of(self, network: str | None) -> int:
        return sum(each.network == network for each in (*self._running, *self._waiting))

    def _estimated_wait(self, waiting: list[_Place]) -> float:
        """Seconds until a thread is free for a computation behind these.

        What runs counts as half done.
        """
        before = sum(self._expected(each) for each in waiting)
        return (before + sum(self._expected(each) for each in self._running) / 2) / self._threads

    def _expected(self, place: _Place) -> float:
        return self._seconds.get(place.kind, INITIAL_SECONDS)

    def _busy(self) -> PasswordHasherBusy:
        return PasswordHasherBusy(max(1, ceil(self._estimated_wait(self._waiting))))

    async def _wait_for_turn(self, place: _Place, client: Client | None) -> None:
        hung_up = None if client is None else asyncio.ensure_future(client.disconnected())
        watched: set[asyncio.Future[Any]] = (
            {place.turn} if hung_up is None else {place.turn, hung_up}
        )
        is_my_turn = False
        try:
            await asyncio.wait(
                watched, timeout=self._max_wait_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            is_my_turn = place.turn.done() and place.turn.result()
        finally:
            if not is_my_turn:
                self._give_up(place)
            has_hung_up = hung_up is not None and hung_up.done()
            if hung_up is not None:
                hung_up.cancel()
        if not is_my_turn:
            raise ClientHungUp if has_hung_up else self._busy()

    def _give_up(self, place: _Place) -> None:
        if place in self._waiting:
            self._waiting.remove(place)
        elif place in self._running:
            self._running.remove(place)
            self._start_next()

    def _leave(self, place: _Place) -> None:
        if place.seconds is not None:
            known = self._seconds.get(place.kind, place.seconds)
            self._seconds[place.kind] = known + (place.seconds - known) * _WEIGHT_OF_LATEST
        self._running.remove(place)
        self._start_next()

    def _start_next(self) -> None:
        if self._waiting and len(self._running) < self._threads:
            place = self._waiting.pop(0)
            self._running.append(place)
            place.turn.set_result(True)


def _timed(place: _Place, work: Callable[[], Result]) -> Result:
    """Measures in the thread, where a delay of the event loop does not count."""
    started = perf_counter()
    try:
        return work()
    finally:
        place.seconds = perf_counter() - started

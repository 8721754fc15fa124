"""The loop that takes due deliveries and attempts several at once."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.notifications.delivery.delivery import MessageDelivery
from vinculo.notifications.delivery.metrics import DeliveryMetrics
from vinculo.notifications.storage.deliveries import (
    Delivery,
    DeliveryState,
    claim_due,
    measure_backlog,
)

POLL_SECONDS = 0.5
MEASURE_SECONDS = 5.0
FAULT_WAIT_SECONDS = 2.0
LAST_SENDS_SECONDS = 3.0
COMMIT_SECONDS = 0.05


class DeliveryWorker:
    """Takes up to `concurrency` at once; one not ended within `lease` is taken again."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        attempts: MessageDelivery,
        concurrency: int,
        lease: timedelta,
        metrics: DeliveryMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._attempts = attempts
        self._concurrency = concurrency
        self._lease = lease
        self._metrics = metrics
        self._clock = clock
        self._woken = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._measured_at = 0.0

    def wake(self) -> None:
        """Look again shortly, when what was queued is committed; a hint, the loop polls anyhow."""
        asyncio.get_running_loop().call_later(COMMIT_SECONDS, self._woken.set)

    async def run(self) -> None:
        """Run until cancelled; then let what is being sent end, within a few seconds."""
        try:
            while True:
                try:
                    await self._round()
                except (SQLAlchemyError, OSError) as error:
                    self._count_fault(error)
                    await asyncio.sleep(FAULT_WAIT_SECONDS)
        finally:
            await self._end_sends()

    async def _round(self) -> None:
        self._woken.clear()
        free = self._concurrency - len(self._under_way)
        async with self._engine.begin() as connection:
            claimed = await claim_due(connection, now=self._clock(), lease=self._lease, limit=free)
        for delivery in claimed:
            task = asyncio.create_task(self._attempt(delivery))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        await self._measure_sometimes()
        if len(self._under_way) >= self._concurrency:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        elif not claimed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)

    async def _attempt(self, delivery: Delivery) -> None:
        """One message's fault is its own: it is counted, told and put off, and others go on."""
        try:
            await self._attempts.deliver(delivery)
        except Exception as error:  # noqa: BLE001 - whatever it is, the loop goes on
            self._count_fault(error, message_id=str(delivery.message_id))
            with contextlib.suppress(SQLAlchemyError, OSError):  # the lease ends by itself
                await self._attempts.put_off_after_fault(delivery)

    async def _measure_sometimes(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._measured_at < MEASURE_SECONDS:
            return
        self._measured_at = now
        async with self._engine.connect() as connection:
            backlog = await measure_backlog(connection, now=self._clock())
        self._metrics.backlog.labels(DeliveryState.WAITING.value).set(backlog.waiting)
        self._metrics.backlog.labels(DeliveryState.DUE.value).set(backlog.due)
        self._metrics.oldest_due_age_seconds.set(backlog.oldest_due_age_seconds)

    async def _end_sends(self) -> None:
        if not self._under_way:
            return
        _, unfinished = await asyncio.wait(self._under_way, timeout=LAST_SENDS_SECONDS)
        for task in unfinished:
            task.cancel()

    def _count_fault(self, error: BaseException, **about: str) -> None:
        self._metrics.faults.labels(type(error).__name__).inc()
        structlog.get_logger().error("sending-failed", exc_info=error, **about)

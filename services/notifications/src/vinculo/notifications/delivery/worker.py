"""The loop of the delivery worker: claims due deliveries and attempts several at once."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.notifications.delivery.delivery import MessageDelivery
from vinculo.notifications.delivery.metrics import DeliveryMetrics
from vinculo.notifications.storage.deliveries import (
    Delivery,
    DeliveryState,
    claim_due,
    measure_backlog,
)

POLL_SECONDS: Final = 0.5
METRICS_SECONDS: Final = 5.0
ERROR_DELAY_SECONDS: Final = 2.0
SHUTDOWN_SECONDS: Final = 3.0
COMMIT_SECONDS: Final = 0.05
"""Delay of a wake-up, as the transaction that queues a message commits after the call."""

log = structlog.get_logger()


class DeliveryWorker:
    """Attempts up to `concurrency` deliveries at once, each under a lease of `lease`."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        delivery: MessageDelivery,
        concurrency: int,
        lease: timedelta,
        metrics: DeliveryMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._delivery = delivery
        self._concurrency = concurrency
        self._lease = lease
        self._metrics = metrics
        self._clock = clock
        self._woken = asyncio.Event()
        self._attempts: set[asyncio.Task[None]] = set()
        self._measured_at = 0.0

    def wake(self) -> None:
        """Poll shortly after the caller's commit; only a hint, as the loop polls anyway."""
        asyncio.get_running_loop().call_later(COMMIT_SECONDS, self._woken.set)

    async def run(self) -> None:
        """Run until cancelled; then wait a few seconds for the attempts under way."""
        try:
            while True:
                try:
                    await self._run_once()
                except Exception as error:  # noqa: BLE001 - what is due stays in the database
                    self._record_error("delivery-round-failed", error)
                    await asyncio.sleep(ERROR_DELAY_SECONDS)
        finally:
            await self._finish_attempts()

    async def _run_once(self) -> None:
        self._woken.clear()
        free = self._concurrency - len(self._attempts)
        async with self._engine.begin() as connection:
            claimed = await claim_due(connection, now=self._clock(), lease=self._lease, limit=free)
        for delivery in claimed:
            task = asyncio.create_task(self._attempt(delivery))
            self._attempts.add(task)
            task.add_done_callback(self._attempts.discard)
        await self._update_metrics()
        if len(self._attempts) >= self._concurrency:
            await asyncio.wait(self._attempts, return_when=asyncio.FIRST_COMPLETED)
        elif not claimed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)

    async def _attempt(self, delivery: Delivery) -> None:
        try:
            await self._delivery.deliver(delivery)
        except Exception as error:  # noqa: BLE001 - one message's error must not stop the others
            self._record_error(
                "delivery-attempt-failed", error, message_id=str(delivery.message_id)
            )
            with contextlib.suppress(Exception):  # the lease expires by itself
                await self._delivery.postpone(delivery)

    async def _update_metrics(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._measured_at < METRICS_SECONDS:
            return
        self._measured_at = now
        async with self._engine.connect() as connection:
            backlog = await measure_backlog(connection, now=self._clock())
        self._metrics.backlog.labels(DeliveryState.WAITING.value).set(backlog.waiting)
        self._metrics.backlog.labels(DeliveryState.DUE.value).set(backlog.due)
        self._metrics.backlog.labels(DeliveryState.HELD.value).set(backlog.held)
        self._metrics.oldest_due_age_seconds.set(backlog.oldest_due_age_seconds)

    async def _finish_attempts(self) -> None:
        if not self._attempts:
            return
        _, unfinished = await asyncio.wait(self._attempts, timeout=SHUTDOWN_SECONDS)
        for task in unfinished:
            task.cancel()

    def _record_error(self, event: str, error: BaseException, **fields: str) -> None:
        self._metrics.errors.labels(type(error).__name__).inc()
        log.error(event, exc_info=error, **fields)

"""Periodic jobs: work that is repeated at an interval, by one process of a service at a time."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

JITTER: Final = 0.1
_LOCK = text("SELECT pg_try_advisory_lock(hashtext('vinculo-periodic'), hashtext(:job))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtext('vinculo-periodic'), hashtext(:job))")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicJob:
    """Runs `work` every `interval_seconds` (± 10 %), counted from the end of the last run.

    With an `engine`, a PostgreSQL advisory lock named after the job lets one process work at a
    time; the others skip that run. A failed run is logged and counted, and does not affect the next
    one. Names of jobs must be unique within a database.
    """

    name: str
    work: Callable[[], Awaitable[object]]
    interval_seconds: float
    engine: AsyncEngine | None = None
    registry: CollectorRegistry = field(default=REGISTRY, repr=False)

    async def run(self) -> None:
        """Repeat until cancelled; the first run is immediate."""
        while True:
            await self.run_once()
            await asyncio.sleep(self.interval_seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret

    async def run_once(self) -> bool:
        """Run once. Whether this process got the lock and the work succeeded."""
        metrics = periodic_metrics(self.registry)
        # 0 before the first failure: `increase` in alert rules ignores the first value of a series.
        failures = metrics.failures.labels(self.name)
        started = time.monotonic()
        try:
            async with self._lock() as is_locked:
                if is_locked:
                    await self.work()
        except Exception:
            failures.inc()
            log.exception("periodic-job-failed", job=self.name)
            return False
        if is_locked:
            metrics.seconds.labels(self.name).observe(time.monotonic() - started)
            metrics.succeeded_at.labels(self.name).set_to_current_time()
        return is_locked

    @asynccontextmanager
    async def _lock(self) -> AsyncIterator[bool]:
        if self.engine is None:
            yield True
            return
        async with self.engine.connect() as connection:
            # Without a transaction: an open one would prevent vacuum during the work.
            session = await connection.execution_options(isolation_level="AUTOCOMMIT")
            is_locked = bool(await session.scalar(_LOCK, {"job": self.name}))
            try:
                yield is_locked
            finally:
                if is_locked:
                    await session.execute(_UNLOCK, {"job": self.name})


class PeriodicMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("job",)
        self.failures = Counter(
            "vinculo_periodic_job_failures", "Runs that failed.", labels, registry=registry
        )
        self.seconds = Histogram(
            "vinculo_periodic_job_seconds", "Duration of runs.", labels, registry=registry
        )
        self.succeeded_at = Gauge(
            "vinculo_periodic_job_succeeded_timestamp_seconds",
            "When the last successful run of this process ended.",
            labels,
            registry=registry,
        )


@cache
def periodic_metrics(registry: CollectorRegistry = REGISTRY) -> PeriodicMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return PeriodicMetrics(registry)

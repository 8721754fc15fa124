"""The worker's loop: leases jobs of the screening, and runs several at once.

It is woken by PostgreSQL's NOTIFY, by the end of a job, and when a job becomes due again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.documents.application.file_screening import FileScreening
from vinculo.documents.metrics import DocumentsMetrics
from vinculo.documents.screening.scanner import ScannerUnavailableError
from vinculo.documents.screening.screener import ScreeningUnavailableError
from vinculo.documents.storage.object_store import ObjectStoreUnavailableError
from vinculo.documents.storage.screening_jobs import (
    CHANNEL,
    ScreeningJob,
    delete_job,
    lease_jobs,
    measure_jobs,
    release_job,
    renew_lease,
)
from vinculo.httpapi import is_lost_connection
from vinculo.process import Backoff, crash_point, run_with_retries

RETRY: Final = Backoff(initial_seconds=1.0, max_seconds=30.0)
OUTAGE_RETRY: Final = timedelta(seconds=5)
"""Delay of a job that a server's outage interrupted."""
MAX_WAIT_SECONDS: Final = 60.0
"""Then the session that listens is checked, as a lost one would not be noticed."""
BUSY_WAIT_SECONDS: Final = 5.0
"""The longest wait while a job is in the table, also of an owner whose first job just ended."""
STOP_SECONDS: Final = 3.0

log = structlog.get_logger()


class ScreeningWorker:
    """Screens up to `concurrency` files at once, each under a lease that is renewed meanwhile.

    A job that ends its worker or fails is tried `max_attempts` times; then the file is refused.
    An outage of a server is no attempt: the job waits.
    """

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        database_url: str,
        screening: FileScreening,
        concurrency: int,
        lease: timedelta,
        max_attempts: int,
        metrics: DocumentsMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._database_url = database_url
        self._screening = screening
        self._concurrency = concurrency
        self._lease = lease
        self._max_attempts = max_attempts
        self._metrics = metrics
        self._clock = clock
        self._woken = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Run until cancelled; jobs under way are then given back."""
        try:
            await run_with_retries(self._run_while_listening, task="screening-jobs")
        finally:
            await self._stop()

    async def run_due(self) -> None:
        """Run the jobs that are due, and those that become due by their ends."""
        while await self._start_jobs() or self._running:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _run_while_listening(self) -> None:
        async with self._listening() as session:
            while True:
                self._woken.clear()
                await session.execute("SELECT 1")
                await self._start_jobs()
                await self._wait(await self._measure())

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        session = await asyncpg.connect(
            self._database_url,
            timeout=5,
            command_timeout=10,
            server_settings={"application_name": "vinculo-screening"},
        )
        try:
            session.add_termination_listener(lambda _: self._woken.set())
            await session.add_listener(CHANNEL, lambda *_: self._woken.set())
            yield session
        finally:
            try:
                await session.close(timeout=1)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                session.terminate()

    async def _start_jobs(self) -> bool:
        """Whether any was due."""
        free = self._concurrency - len(self._running)
        if free == 0:
            return False
        async with self._engine.begin() as connection:
            leased = await lease_jobs(connection, now=self._clock(), lease=self._lease, limit=free)
        for job in leased:
            task = asyncio.create_task(self._run_job(job))
            self._running.add(task)
            task.add_done_callback(self._end_of_job)
        return bool(leased)

    def _end_of_job(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._woken.set()

    async def _measure(self) -> float:
        """Measure what waits; the longest time to wait."""
        async with self._engine.connect() as connection:
            backlog = await measure_jobs(connection, now=self._clock())
        now, oldest = self._clock(), backlog.oldest_requested_at
        self._metrics.screening_jobs.set(backlog.waiting)
        age = 0.0 if oldest is None else (now - oldest).total_seconds()
        self._metrics.oldest_screening_job_age_seconds.set(max(0.0, age))
        if oldest is None:
            return MAX_WAIT_SECONDS
        due = backlog.next_due_at or now
        return min(BUSY_WAIT_SECONDS, max(0.05, (due - now).total_seconds()))

    async def _wait(self, seconds: float) -> None:
        if len(self._running) == self._concurrency:
            seconds = MAX_WAIT_SECONDS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _run_job(self, job: ScreeningJob) -> None:
        """Never raises: what cannot be saved is due again when the lease ends."""
        try:
            await self._attempt(job)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):
                await self._release(job, timedelta(0), is_counted=False)
            raise
        except Exception:
            log.exception("screening-job-not-saved", upload_id=str(job.upload_id))

    async def _attempt(self, job: ScreeningJob) -> None:
        crash_point("screening-after-lease")
        if job.attempts > self._max_attempts:
            await self._give_up(job)
            return
        try:
            result = await self._under_lease(job)
        except Exception as error:  # noqa: BLE001 - one file must not stop the others
            await self._after_error(job, error)
        else:
            self._metrics.screened.labels(result or "dropped").inc()
            await self._finish(job)

    async def _under_lease(self, job: ScreeningJob) -> str | None:
        """The result, with the lease renewed meanwhile.

        An attempt whose lease is lost ends by itself: each of its steps has no effect if another
        worker did it before, and it deletes what it stored for an owner who was erased.
        """
        renewal = asyncio.create_task(self._renew(job))
        try:
            return await self._screening.run(job, self._clock())
        finally:
            renewal.cancel()
            await asyncio.wait([renewal])

    async def _renew(self, job: ScreeningJob) -> None:
        is_leased = True
        while is_leased:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            try:
                async with self._engine.begin() as connection:
                    is_leased = await renew_lease(connection, job, self._clock() + self._lease)
            except Exception:
                log.exception("screening-lease-not-renewed", upload_id=str(job.upload_id))
        log.warning("screening-lease-lost", upload_id=str(job.upload_id))

    async def _after_error(self, job: ScreeningJob, error: Exception) -> None:
        fields = {"upload_id": str(job.upload_id), "error": type(error).__name__}
        if _is_outage(error):
            if isinstance(error, ScannerUnavailableError):
                self._metrics.scanner_failures.inc()
            log.warning("screening-waits", **fields)
            await self._release(job, OUTAGE_RETRY, is_counted=False)
        elif job.attempts >= self._max_attempts:
            log.error("screening-attempt-failed", exc_info=error, **fields)
            await self._give_up(job)
        else:
            log.warning("screening-attempt-failed", exc_info=error, **fields)
            delay = timedelta(seconds=RETRY.delay_seconds(job.attempts - 1))
            await self._release(job, delay, is_counted=True)

    async def _give_up(self, job: ScreeningJob) -> None:
        log.error("screening-given-up", upload_id=str(job.upload_id), attempts=job.attempts)
        try:
            await self._screening.give_up(job, self._clock())
        except Exception as error:
            if not _is_outage(error):
                raise
            await self._release(job, OUTAGE_RETRY, is_counted=False)
            return
        self._metrics.screened.labels("given_up").inc()
        await self._finish(job)

    async def _release(self, job: ScreeningJob, delay: timedelta, *, is_counted: bool) -> None:
        async with self._engine.begin() as connection:
            await release_job(connection, job, due_at=self._clock() + delay, is_counted=is_counted)

    async def _finish(self, job: ScreeningJob) -> None:
        async with self._engine.begin() as connection:
            await delete_job(connection, job)

    async def _stop(self) -> None:
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)


def _is_outage(error: Exception) -> bool:
    """Whether the attempt failed because a server is away, which says nothing about the file."""
    outages = ScannerUnavailableError | ScreeningUnavailableError | ObjectStoreUnavailableError
    return isinstance(error, outages) or is_lost_connection(error)
